/**
 * Links within one process: a hub that all its transports meet at, with every fault of {@link FaultyNetwork} at hand.
 * Frames go by reference, never copied. Endpoints are `memory:NAME`; a bind of `memory:*` draws a name.
 */
import { TqError } from "../contract/index.ts";
import { type Endpoint, formatEndpoint, parseConnectEndpoint, parseEndpoint } from "./endpoint.ts";
import { eventLoopScheduler } from "./event-loop-scheduler.ts";
import { FaultyNetwork, type FaultyNetworkOptions } from "./faulty-network.ts";
import type {
  BindOptions,
  ClientLink,
  ConnectOptions,
  Frames,
  PullLink,
  PullOptions,
  PushLink,
  PushOptions,
  ServerLink,
  Transport,
} from "./link.ts";
import {
  bindNetworkPull,
  bindNetworkPush,
  connectNetworkPull,
  connectNetworkPush,
  type NetworkPull,
  type NetworkPush,
} from "./network-pipes.ts";
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
    const name = this.#bindName(endpoint);
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

  async bindPush(endpoint: string, options: PushOptions): Promise<PushLink> {
    const name = this.#bindName(endpoint);
    return this.#keepPush(name, bindNetworkPush(this.#network, name, options));
  }

  connectPush(endpoint: string, options: PushOptions): PushLink {
    const name = memoryName(endpoint, parseConnectEndpoint(endpoint));
    return this.#keepPush(name, connectNetworkPush(this.#network, name, options));
  }

  async bindPull(endpoint: string, options: PullOptions): Promise<PullLink> {
    const name = this.#bindName(endpoint);
    return this.#keepPull(name, bindNetworkPull(this.#network, name, options));
  }

  connectPull(endpoint: string, options: PullOptions): PullLink {
    const name = memoryName(endpoint, parseConnectEndpoint(endpoint));
    return this.#keepPull(name, connectNetworkPull(this.#network, name, options));
  }

  close(): Promise<void> {
    return this.#open.closeAll();
  }

  #bindName(endpoint: string): string {
    const asked = memoryName(endpoint, parseEndpoint(endpoint));
    return asked === "*" ? this.#drawName() : asked;
  }

  #keepPush(name: string, push: NetworkPush<Frames>): PushLink {
    return this.#open.keep({
      endpoint: formatEndpoint({ kind: "memory", name }),
      get isWritable() {
        return push.isWritable;
      },
      send: (frames) => push.send(frames),
      stats: () => push.stats(),
      close: async () => push.close(),
    });
  }

  #keepPull(name: string, pull: NetworkPull): PullLink {
    return this.#open.keep({
      endpoint: formatEndpoint({ kind: "memory", name }),
      pause: () => pull.pause(),
      resume: () => pull.resume(),
      stats: () => pull.stats(),
      close: async () => pull.close(),
    });
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
