/**
 * A network as ZeroMQ's really is: named servers, clients that come back, order within a connection, silence about losses.
 *
 * What it knows beyond the memory network that ships: a process that stands still leaves its messages in the pipes, which
 * then are full; a process that dies had given some of its messages to the kernel already, and those still arrive; a
 * client's queue may survive its connection and reach the next incarnation of the server; and, in the harsh mode, messages
 * come twice or overtake each other.
 */
import type { Frames, Scheduler } from "@tq/common/transport";
import { Client, type ClientHandlers, type ClientNetwork } from "./client.ts";
import type { NetworkOptions, Sent } from "./medium.ts";
import { type Noise, silence, strikes, worstOf } from "./noise.ts";
import type { Pipe, Reader } from "./pipe.ts";
import { Server, type ServerHandlers } from "./server.ts";

/** No way is shorter: at no time at all, two who give each other the same thing back and forth would never end. */
const wayMs = 0.05;

export class Network implements ClientNetwork {
  readonly options: NetworkOptions;
  readonly clients = new Set<Client>();
  readonly #servers = new Map<string, Server>();
  readonly #noises = new Set<Noise>();
  #noise: Noise = silence;
  #connectionsMade = 0;
  /** Pipes that were full, by what was dropped there. */
  dropped = 0;

  constructor(options: NetworkOptions) {
    this.options = options;
  }

  get clock(): Scheduler {
    return this.options.clock;
  }

  bind(name: string, reader: Reader, handlers: ServerHandlers): Server {
    if (this.#servers.has(name)) throw new Error(`${name} is bound already`);
    const server = new Server(name, reader, { ...handlers, forget: () => void this.#servers.delete(name) });
    this.#servers.set(name, server);
    for (const client of this.clients) if (client.name === name) client.connectSoon();
    return server;
  }

  connect(name: string, reader: Reader, handlers: ClientHandlers): Client {
    const client = new Client(this, { name, reader, handlers });
    this.clients.add(client);
    client.connectSoon();
    return client;
  }

  server(name: string): Server | undefined {
    return this.#servers.get(name);
  }

  nextRoute(): string {
    this.#connectionsMade += 1;
    return `r${this.#connectionsMade}`;
  }

  /** Gives a function that ends it. */
  addNoise(noise: Noise): () => void {
    this.#noises.add(noise);
    this.#noise = worstOf(this.#noises);
    return () => {
      this.#noises.delete(noise);
      this.#noise = worstOf(this.#noises);
    };
  }

  get isNoisy(): boolean {
    return this.#noises.size > 0;
  }

  /** No faults from now on. */
  rest(): void {
    this.#noises.clear();
    this.#noise = silence;
    for (const client of this.clients) client.heal();
  }

  transfer(connection: { cut(): void }, pipe: Pipe, frames: Frames): Sent {
    const { random, clock } = this.options;
    const { lose, duplicate, reorder, cut, delayMs } = this.#noise;
    if (strikes(random, cut)) {
      connection.cut();
      return "cut";
    }
    if (strikes(random, lose)) return "lost";
    const [min, max] = delayMs;
    const at = clock.now() + wayMs + (max === 0 ? 0 : min + random.next() * (max - min));
    const isOvertaken = strikes(random, reorder);
    const isTaken = pipe.put(frames, isOvertaken ? at + random.next() * 30 : at, isOvertaken);
    if (!isTaken) {
      this.dropped += 1;
      return "full";
    }
    if (strikes(random, duplicate)) pipe.put(frames, at);
    return "sent";
  }

  drawGivenAway(count: number): number {
    return count === 0 ? 0 : this.options.random.between(0, count);
  }
}
