/** A connection is cut while both ends live on: what is in flight is lost, and the client comes back under a new route. */
import { type FaultKind, victimOf } from "../fault.ts";

export const cut: FaultKind = {
  name: "cut",
  strike(world, fault) {
    victimOf([...world.network.clients], fault)?.cut();
  },
};
