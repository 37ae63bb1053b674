/** A sink or a ventilator dies and comes back without what it remembered. */
import { type FaultKind, victimOf } from "../fault.ts";

export const lostDisk: FaultKind = {
  name: "lost-disk",
  fits: ({ hasStore, hasJournal }) => hasStore || hasJournal,
  strike(world, fault) {
    // Rarely: much is excused in a world where it happened.
    if (fault.size > 25) return;
    const { hasJournal, hasStore } = world.configuration;
    const all = [...(hasStore ? world.sinks : []), ...(hasJournal ? world.ventilators : [])];
    const role = victimOf(all, fault);
    if (role?.process.isAlive !== true) return;
    role.crash();
    role.loseDisk();
    world.startLater(role, fault.forMs);
  },
};
