/** Of workers, one after the other dies. */
import { type FaultKind, victimOf } from "../fault.ts";

export const workerCrash: FaultKind = {
  name: "worker-crash",
  strike(world, fault) {
    const role = victimOf(world.workers, fault);
    if (role !== undefined) world.restart(role, 10 + fault.size);
  },
};
