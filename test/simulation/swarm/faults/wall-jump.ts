/** The wall clock of a ventilator's machine jumps, back or forth, by up to a day. */
import { type FaultKind, victimOf } from "../fault.ts";

const dayMs = 86_400_000;

export const wallJump: FaultKind = {
  name: "wall-jump",
  strike(world, fault) {
    const role = victimOf(world.ventilators, fault);
    if (role !== undefined) role.wallOffsetMs += ((fault.size - 50) / 50) * dayMs;
  },
};
