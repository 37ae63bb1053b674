/** What is sent one way, or both ways, is lost in silence, over a connection that seems to stand. */
import { type FaultKind, victimOf } from "../fault.ts";

export const partition: FaultKind = {
  name: "partition",
  strike(world, fault) {
    const client = victimOf([...world.network.clients], fault);
    const ways = ["both", "toServer", "toClient"] as const;
    client?.partition(ways[fault.size % ways.length] ?? "both");
    world.clock.after(fault.forMs, () => client?.heal());
  },
};
