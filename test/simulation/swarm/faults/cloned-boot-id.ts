/** Another worker is started with the boot id of one that lives, as on a machine that was cloned while it ran. */
import { type FaultKind, victimOf } from "../fault.ts";

const workersMax = 6;

export const clonedBootId: FaultKind = {
  name: "cloned-boot-id",
  strike(world, fault) {
    const original = victimOf(world.workers, fault);
    if (original?.process.isAlive !== true || world.workers.length >= workersMax) return;
    world.addWorker(original.bootId);
  },
};
