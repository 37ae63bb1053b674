/**
 * One simulated world: a virtual clock, a faulty network, and nodes that are the cores that ship in the loops that ship.
 *
 * A node is one process. It can crash (its connections vanish with what is in flight) and be started anew.
 */
import {
  type Core,
  CoreLoop,
  FaultyNetwork,
  type Frames,
  type NetworkClient,
  type NetworkServer,
  seededRandom,
  VirtualClock,
  virtualHost,
} from "@tq/common/transport";
import { encodeMessage, type Message } from "@tq/common/wire";

export class World {
  readonly clock = new VirtualClock();
  readonly random: () => number;
  readonly network: FaultyNetwork<Frames>;
  /** A core threw: the first of these fails the test. */
  readonly bugs: unknown[] = [];
  #drawn = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.network = new FaultyNetwork({ clock: this.clock, random: seededRandom(seed + 1_000_003) });
  }

  /** Eight bytes that nobody else has. */
  readonly draw64 = (): string => {
    this.#drawn += 1;
    return this.#drawn.toString(16).padStart(16, "0");
  };

  /** A whole number in `[from, to]`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }
}

/** The sockets and the loop of one process. */
export class SimulatedNode {
  readonly #world: World;
  readonly #bound = new Map<string, NetworkServer<Frames>>();
  readonly #connected = new Map<string, NetworkClient<Frames>>();
  #loop: CoreLoop | undefined;
  isAlive = true;

  constructor(world: World) {
    this.#world = world;
  }

  get connections(): Iterable<NetworkClient<Frames>> {
    return this.#connected.values();
  }

  run(core: Core): void {
    const { clock, bugs } = this.#world;
    this.#loop = new CoreLoop({ core, host: virtualHost(clock), onFatal: (error) => bugs.push(error) });
  }

  bind(channel: string, name: string): void {
    const receive = (route: string, frames: Frames): void => this.#loop?.received({ channel, route }, frames);
    this.#bound.set(channel, this.#world.network.bind(name, receive));
  }

  connect(channel: string, name: string): void {
    const client = this.#world.network.connect(name, {
      receive: (frames) => this.#loop?.received({ channel, route: undefined }, frames),
      opened: () => this.#loop?.opened(channel),
    });
    this.#connected.set(channel, client);
  }

  disconnect(channel: string): void {
    this.#connected.get(channel)?.close();
    this.#connected.delete(channel);
  }

  readonly send = (channel: string, route: string | undefined, message: Message): void => {
    const frames = encodeMessage(message);
    if (route === undefined) this.#connected.get(channel)?.send(frames);
    else this.#bound.get(channel)?.send(route, frames);
  };

  touch(): void {
    this.#loop?.touch();
  }

  /** Runs later, unless the process has died by then. */
  after(delayMs: number, run: () => void): void {
    this.#world.clock.after(delayMs, () => {
      if (!this.isAlive) return;
      run();
      this.touch();
    });
  }

  crash(): void {
    this.isAlive = false;
    this.#loop?.stop();
    for (const client of this.#connected.values()) client.crash();
    for (const server of this.#bound.values()) server.crash();
  }
}
