/**
 * The wall clock of a ventilator's machine jumps, back or forth. A journal keeps delays in wall time, so that a delayed task
 * may wait longer by as much: by no more than worlds last.
 */
import { type FaultKind, victimOf } from "../fault.ts";

const jumpMsMax = 20_000;

export const wallJump: FaultKind = {
  name: "wall-jump",
  strike(world, fault) {
    const role = victimOf(world.ventilators, fault);
    if (role !== undefined) role.wallOffsetMs += ((fault.size - 50) / 50) * jumpMsMax;
  },
};
