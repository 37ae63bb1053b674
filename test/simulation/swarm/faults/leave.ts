/** A worker drains and leaves, and another comes in its place. */
import { type FaultKind, victimOf } from "../fault.ts";

export const leave: FaultKind = {
  name: "leave",
  strike(world, fault) {
    const role = victimOf(world.workers, fault);
    if (role?.process.isAlive === true) role.leave();
  },
};
