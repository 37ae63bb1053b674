/** A disk is full for a while. */
import { type FaultKind, victimOf } from "../fault.ts";

export const fullDisk: FaultKind = {
  name: "full-disk",
  strike(world, fault) {
    const disk = victimOf(world.disks, fault);
    if (disk === undefined) return;
    disk.fill();
    world.clock.after(fault.forMs, () => disk.rest());
  },
};
