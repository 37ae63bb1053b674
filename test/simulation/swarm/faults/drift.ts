/** A process's clock runs too fast or too slow, by up to a fifth. */
import { type FaultKind, struckRole } from "../fault.ts";

export const drift: FaultKind = {
  name: "drift",
  strike(world, fault) {
    const process = struckRole(world, fault)?.process;
    process?.drift(1 + (fault.size - 50) / 250);
    world.clock.after(fault.forMs, () => process?.drift(1));
  },
};
