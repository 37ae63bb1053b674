/**
 * Links within one process: a hub that all its transports meet at, with every fault of {@link FaultyNetwork} at hand.
 * Frames go by reference, never copied. Endpoints are `memory:NAME`; a bind of `memory:*` draws a name.
 */
import { TqError } from "../contract/index.ts";
import { type Endpoint, formatEndpoint, parseConnectEndpoint, parseEndpoint } from "./endpoint.ts";
import { eventLoopScheduler } from "./event-loop-scheduler.ts";
import { FaultyNetwork, type FaultyNetworkOptions } from "./faulty-network.ts";
import type { BindOptions, ClientLink, ConnectOptions, Frames, ServerLink, Transport } from "./link.ts";
import { OpenLinks } from "./open-links.ts";
import type { Scheduler } from "./scheduler.ts";

export interface MemoryHubOptions extends Omit<FaultyNetworkOptions, "clock"> {
  /** Default: the event loop's. */
  readonly clock?: Scheduler | undefined;
}

export interface MemoryHub {
  /** What lies under all transports of this hub: for faults. */
  readonly network: FaultyNetwork<Frames>;
  /** A transport for one node. */
  transport(): Transport;
}

export function createMemoryHub(options: MemoryHubOptions = {}): MemoryHub {
  const network = new FaultyNetwork<Frames>({ ...options, clock: options.clock ?? eventLoopScheduler() });
  let namesDrawn = 0;
  const drawName = (): string => {
    namesDrawn += 1;
    return `hub-${namesDrawn}`;
  };
  return { network, transport: () => new MemoryTransport(network, drawName) };
}

class MemoryTransport implements Transport {
  readonly #network: FaultyNetwork<Frames>;
  readonly #drawName: () => string;
  readonly #open = new OpenLinks();

  constructor(network: FaultyNetwork<Frames>, drawName: () => string) {
    this.#network = network;
    this.#drawName = drawName;
  }

  async bind(endpoint: string, { receive }: BindOptions): Promise<ServerLink> {
    const asked = memoryName(endpoint, parseEndpoint(endpoint));
    const name = asked === "*" ? this.#drawName() : asked;
    const server = this.#network.bind(name, receive);
    return this.#open.keep({
      endpoint: formatEndpoint({ kind: "memory", name }),
      send: (route, frames) => server.send(route, frames),
      stats: () => server.stats(),
      close: async () => server.close(),
    });
  }

  connect(endpoint: string, { receive, opened }: ConnectOptions): ClientLink {
    const name = memoryName(endpoint, parseConnectEndpoint(endpoint));
    const client = this.#network.connect(name, { receive, opened });
    return this.#open.keep({
      send: (frames) => client.send(frames),
      stats: () => client.stats(),
      close: async () => client.close(),
    });
  }

  close(): Promise<void> {
    return this.#open.closeAll();
  }
}

function memoryName(text: string, endpoint: Endpoint): string {
  if (endpoint.kind === "memory") return endpoint.name;
  throw new TqError(
    "TQ_ERR_INVALID_ENDPOINT",
    `Endpoint "${text}": within one process it must be memory:NAME; other schemes need the ZeroMQ transport.`,
    { details: { endpoint: text } },
  );
}
