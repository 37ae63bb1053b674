/** A process dies, and is started again after a while. */
import { type FaultKind, victimOf } from "../fault.ts";

export const crash: FaultKind = {
  name: "crash",
  strike(world, fault) {
    const role = victimOf(world.roles, fault);
    if (role !== undefined) world.restart(role, fault.forMs);
  },
};
