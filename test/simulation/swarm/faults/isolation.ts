/** A process is cut off from everybody. */
import { type FaultKind, victimOf } from "../fault.ts";

export const isolation: FaultKind = {
  name: "isolation",
  strike(world, fault) {
    const role = victimOf(world.roles, fault);
    if (role === undefined) return;
    const clients = [...role.process.connections, ...world.clientsOf(role)];
    for (const client of clients) client.partition("both");
    world.clock.after(fault.forMs, () => {
      for (const client of clients) client.heal();
    });
  },
};
