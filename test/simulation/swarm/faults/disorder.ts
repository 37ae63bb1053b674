/** The harsh mode: messages come twice, or overtake each other. No carrier of tq does this. */
import type { FaultKind } from "../fault.ts";

export const disorder: FaultKind = {
  name: "disorder",
  fits: ({ isHarsh }) => isHarsh,
  strike(world, { forMs, target, size }) {
    const share = size / 100;
    const end = world.network.addNoise({
      lose: 0,
      cut: 0,
      duplicate: target % 3 === 1 ? 0 : 0.1 * share,
      reorder: target % 3 === 0 ? 0 : 0.1 * share,
      delayMs: [0, 5],
    });
    world.clock.after(forMs, end);
  },
};
