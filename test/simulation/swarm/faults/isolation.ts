/** A process is cut off from everybody. */
import { type FaultKind, struckRole } from "../fault.ts";

export const isolation: FaultKind = {
  name: "isolation",
  strike(world, fault) {
    const role = struckRole(world, fault);
    if (role === undefined) return;
    const clients = [...role.process.connections, ...world.clientsOf(role)];
    for (const client of clients) client.partition("both");
    world.clock.after(fault.forMs, () => {
      for (const client of clients) client.heal();
    });
  },
};
