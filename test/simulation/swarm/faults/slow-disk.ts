/** A disk becomes many times slower. */
import { type FaultKind, victimOf } from "../fault.ts";

export const slowDisk: FaultKind = {
  name: "slow-disk",
  strike(world, fault) {
    const disk = victimOf(world.disks, fault);
    if (disk === undefined) return;
    disk.slow(1 + fault.size);
    world.clock.after(fault.forMs, () => disk.rest());
  },
};
