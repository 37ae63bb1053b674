/**
 * One-way pipes over a memory network: what `bindPush` and the others promise, without a Promise, for simulations and for
 * the memory transport alike.
 */
import { invariant } from "../contract/index.ts";
import type { FaultyNetwork } from "./faulty-network.ts";
import { linkLimits } from "./limits.ts";
import type { LinkStats, PullOptions, PushOptions, Route } from "./link.ts";
import type { NetworkClient } from "./network-client.ts";
import type { NetworkServer } from "./network-server.ts";

/** The writing end. */
export interface NetworkPush<Payload> {
  readonly isWritable: boolean;
  send(payload: Payload): void;
  stats(): LinkStats;
  /** What was sent still arrives. */
  close(): void;
  /** What was sent vanishes. */
  crash(): void;
}

/** The reading end. */
export interface NetworkPull {
  pause(): void;
  resume(): void;
  stats(): LinkStats;
  close(): void;
  crash(): void;
}

export interface NetworkPullOptions<Payload> extends Omit<PullOptions, "receive"> {
  readonly receive: (payload: Payload) => void;
}

const pipeMessagesMax = linkLimits.pushMessagesMax;

/** Whoever asked in vain whether it can send is told once when it can. */
class Drain {
  readonly #drained: () => void;
  #isWanted = false;

  constructor({ drained }: PushOptions) {
    this.#drained = drained;
  }

  asked(isWritable: boolean): boolean {
    if (!isWritable) this.#isWanted = true;
    return isWritable;
  }

  readonly roomMade = (): void => {
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#drained();
  };
}

export function bindNetworkPush<Payload>(
  network: FaultyNetwork<Payload>,
  name: string,
  options: PushOptions,
): NetworkPush<Payload> {
  const drain = new Drain(options);
  const server = network.bind(name, () => {}, { pipeMessagesMax, roomMade: drain.roomMade });
  return new BoundNetworkPush(server, drain);
}

class BoundNetworkPush<Payload> implements NetworkPush<Payload> {
  readonly #server: NetworkServer<Payload>;
  readonly #drain: Drain;
  #last: Route | undefined;
  #isClosed = false;

  constructor(server: NetworkServer<Payload>, drain: Drain) {
    this.#server = server;
    this.#drain = drain;
  }

  get isWritable(): boolean {
    return this.#drain.asked(!this.#isClosed && this.#server.routesWithRoom().length > 0);
  }

  /** To the reader with room that comes behind the last one served. */
  send(payload: Payload): void {
    const routes = this.#server.routesWithRoom();
    const next = routes[(routes.indexOf(this.#last ?? "") + 1) % routes.length];
    invariant(next !== undefined, "a message is handed over only while the link is writable");
    this.#last = next;
    this.#server.send(next, payload);
  }

  stats(): LinkStats {
    return this.#server.stats();
  }

  close(): void {
    this.#isClosed = true;
    this.#server.close();
  }

  crash(): void {
    this.#isClosed = true;
    this.#server.crash();
  }
}

export function connectNetworkPush<Payload>(
  network: FaultyNetwork<Payload>,
  name: string,
  options: PushOptions,
): NetworkPush<Payload> {
  const drain = new Drain(options);
  const { roomMade } = drain;
  const client = network.connect(name, { receive: () => {}, opened: roomMade, roomMade });
  return {
    get isWritable() {
      return drain.asked(client.hasRoom);
    },
    send(payload) {
      invariant(client.hasRoom, "a message is handed over only while the link is writable");
      client.send(payload);
    },
    stats: () => client.stats(),
    close: () => client.close(),
    crash: () => client.crash(),
  };
}

export function bindNetworkPull<Payload>(
  network: FaultyNetwork<Payload>,
  name: string,
  { receive }: NetworkPullOptions<Payload>,
): NetworkPull {
  return pull(network.bind(name, (_route, payload) => receive(payload), { pipeMessagesMax }));
}

export function connectNetworkPull<Payload>(
  network: FaultyNetwork<Payload>,
  name: string,
  { receive, opened }: NetworkPullOptions<Payload>,
): NetworkPull {
  return pull(network.connect(name, { receive, opened }));
}

function pull<Payload>(end: NetworkServer<Payload> | NetworkClient<Payload>): NetworkPull {
  return {
    pause: () => end.gate.shut(),
    resume: () => end.gate.open(),
    stats: () => end.stats(),
    close: () => end.close(),
    crash: () => end.crash(),
  };
}
