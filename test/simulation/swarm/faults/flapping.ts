/** A connection is cut again and again. */
import { type FaultKind, victimOf } from "../fault.ts";

export const flapping: FaultKind = {
  name: "flapping",
  strike(world, fault) {
    const client = victimOf([...world.network.clients], fault);
    const everyMs = 5 + 2 * fault.size;
    for (let afterMs = 0; afterMs < fault.forMs; afterMs += everyMs) {
      world.clock.after(afterMs, () => client?.cut());
    }
  },
};
