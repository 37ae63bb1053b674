/** A process dies, and is started again after a while. */
import { type FaultKind, struckRole } from "../fault.ts";

export const crash: FaultKind = {
  name: "crash",
  strike(world, fault) {
    const role = struckRole(world, fault);
    if (role !== undefined) world.restart(role, fault.forMs);
  },
};
