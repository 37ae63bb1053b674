/** Messages are lost, late, and take their connections along. */
import type { FaultKind } from "../fault.ts";

export const noise: FaultKind = {
  name: "noise",
  strike(world, { forMs, target, size }) {
    const share = size / 100;
    const end = world.network.addNoise({
      lose: target % 2 === 0 ? 0.06 * share : 0,
      cut: target % 3 === 0 ? 0.03 * share : 0,
      duplicate: 0,
      reorder: 0,
      delayMs: [0, Math.ceil(40 * share)],
    });
    world.clock.after(forMs, end);
  },
};
