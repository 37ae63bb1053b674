/**
 * A network in memory: named servers, clients that keep coming back, and every fault a real one has, on demand or drawn
 * from a seeded source. What it gives its two sides is what the port in `link.ts` promises, and not more: order within a
 * connection, whole messages or none, silence about losses.
 *
 * It is pure and has no Promise, so that a simulation can step cores over it; `Payload` is frames in the memory
 * transport, and may be anything in a test. Nothing is ever delivered inside a call of `send`, `bind` or `connect`.
 *
 * One connection has two pipes. A pipe that is closed by its sender is emptied first, as sockets do that linger; a cut
 * or a crash loses what is in it.
 */
import { TqError } from "../contract/index.ts";
import { linkLimits } from "./limits.ts";
import type { Route } from "./link.ts";
import { type ClientNetwork, NetworkClient, type NetworkClientHandlers } from "./network-client.ts";
import { type Medium, NetworkConnection } from "./network-connection.ts";
import type { NetworkPipe } from "./network-pipe.ts";
import { NetworkServer, type NetworkServerOptions } from "./network-server.ts";
import { asSoonAsPossible, type Scheduler } from "./scheduler.ts";
import { seededRandom } from "./seeded-random.ts";

/** What goes wrong by itself, in both directions of every connection. Probabilities are per message, default 0. */
export interface Faults {
  /** The message vanishes. */
  readonly lose?: number;
  /** The message arrives twice, the second right after the first. */
  readonly duplicate?: number;
  /** The connection is cut: the message and all in flight are lost, the client comes back under a new route. */
  readonly cut?: number;
  /** Each message takes this long, evenly drawn, but none overtakes another. Default: as soon as possible. */
  readonly delayMs?: readonly [min: number, max: number];
}

export interface FaultyNetworkOptions {
  readonly clock: Scheduler;
  /** Evenly distributed in [0, 1). Default: seeded with 1. */
  readonly random?: (() => number) | undefined;
  readonly faults?: Faults | undefined;
  /** Messages in flight in one direction of one connection; more are dropped. Default 64. */
  readonly pipeMessagesMax?: number | undefined;
  /** How long a client takes to come back. Default 1. */
  readonly reconnectMs?: number | undefined;
}

const noFaults: Faults = Object.freeze({});

export class FaultyNetwork<Payload> implements ClientNetwork<Payload>, Medium<Payload> {
  readonly clock: Scheduler;
  readonly pipeMessagesMax: number;
  readonly reconnectMs: number;
  /** May be replaced at any time. */
  faults: Faults;
  readonly #random: () => number;
  readonly #servers = new Map<string, NetworkServer<Payload>>();
  readonly #clients = new Set<NetworkClient<Payload>>();
  #connectionsMade = 0;

  constructor(options: FaultyNetworkOptions) {
    this.clock = options.clock;
    this.pipeMessagesMax = options.pipeMessagesMax ?? linkLimits.pipeMessagesMax;
    this.reconnectMs = options.reconnectMs ?? 1;
    this.faults = options.faults ?? noFaults;
    this.#random = options.random ?? seededRandom(1);
  }

  /** Those that are not closed. */
  get clients(): ReadonlySet<NetworkClient<Payload>> {
    return this.#clients;
  }

  /**
   * Serves a name. Clients that were waiting for it are connected.
   *
   * Errors: `TQ_ERR_ADDRESS_IN_USE`.
   */
  bind(
    name: string,
    receive: (route: Route, payload: Payload) => void,
    options: NetworkServerOptions = {},
  ): NetworkServer<Payload> {
    if (this.#servers.has(name)) {
      throw new TqError("TQ_ERR_ADDRESS_IN_USE", `memory:${name} is bound already; close that one first.`);
    }
    const forget = (): void => void this.#servers.delete(name);
    const server = new NetworkServer<Payload>(name, receive, { ...options, forget });
    this.#servers.set(name, server);
    for (const client of this.#clients) if (client.name === name) client.connectAt(asSoonAsPossible);
    return server;
  }

  /** Connects to a name, now or when it is served, and again whenever the connection ends, until closed. */
  connect(name: string, handlers: NetworkClientHandlers<Payload>): NetworkClient<Payload> {
    const client = new NetworkClient<Payload>(this, name, handlers);
    this.#clients.add(client);
    client.connectAt(asSoonAsPossible);
    return client;
  }

  /** No faults from now on, and no partition: what a test asks for before it waits for everything to settle. */
  rest(): void {
    this.faults = noFaults;
    for (const client of this.#clients) client.heal();
  }

  /** @internal */
  join(client: NetworkClient<Payload>): NetworkConnection<Payload> | undefined {
    const server = this.#servers.get(client.name);
    if (server === undefined) return undefined;
    this.#connectionsMade += 1;
    const connection = new NetworkConnection<Payload>(this, {
      route: `m${this.#connectionsMade}`,
      client,
      server,
    });
    server.add(connection);
    return connection;
  }

  /** @internal */
  forgetClient(client: NetworkClient<Payload>): void {
    this.#clients.delete(client);
  }

  /** Puts a message into a pipe, unless a fault has it. False if the pipe is full. @internal */
  transfer(pipe: NetworkPipe<Payload>, payload: Payload, cut: () => void): boolean {
    if (this.faults === noFaults) return pipe.put(payload, asSoonAsPossible);
    const { lose, duplicate, delayMs } = this.faults;
    if (this.#happens(this.faults.cut)) {
      cut();
      return true;
    }
    if (this.#happens(lose)) return true;
    const at = delayMs === undefined ? asSoonAsPossible : this.clock.now() + this.#between(delayMs);
    const isTaken = pipe.put(payload, at);
    if (isTaken && this.#happens(duplicate)) pipe.put(payload, at);
    return isTaken;
  }

  /** Draws only where something can happen, so that a fault that is off changes no other's draws. */
  #happens(probability: number | undefined): boolean {
    return probability !== undefined && probability > 0 && this.#random() < probability;
  }

  #between([min, max]: readonly [number, number]): number {
    return min + this.#random() * (max - min);
  }
}
