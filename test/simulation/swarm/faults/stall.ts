/** A process stands still, as when it is stopped by a signal: its sockets fill up, its timers fire late. */
import { type FaultKind, struckRole } from "../fault.ts";

export const stall: FaultKind = {
  name: "stall",
  strike(world, fault) {
    struckRole(world, fault)?.process.stand(fault.forMs);
  },
};
