/** Nobody breaks the protocol, whatever the network does: short of the harsh mode, where messages come as no carrier brings them. */
import type { CreateInvariant } from "../invariant.ts";

const name = "the protocol is kept";

export const protocolKept: CreateInvariant = (world) => ({
  name,
  reported(process, event) {
    if (world.configuration.isHarsh) return;
    if (event.type === "peer.violated" || event.type === "peer.violation")
      world.violated(name, `${process.name}: ${JSON.stringify(event)}`);
  },
});
