/** A sync fails: what it left behind is not known, and the process ends. */
import { type FaultKind, victimOf } from "../fault.ts";

export const failedSync: FaultKind = {
  name: "failed-sync",
  strike(world, fault) {
    victimOf(world.disks, fault)?.failNext();
  },
};
