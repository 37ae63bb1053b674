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
  type LoopHost,
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
  /** How often each verb was said, and how often a core was woken. */
  readonly said = new Map<string, number>();
  wakes = 0;
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

/** The sockets and the loop of one process. It can stand still: then all that comes in, and its timers, wait. */
export class SimulatedNode {
  readonly #world: World;
  readonly #bound = new Map<string, NetworkServer<Frames>>();
  readonly #connected = new Map<string, NetworkClient<Frames>>();
  #loop: CoreLoop | undefined;
  #stuckUntil = 0;
  isAlive = true;

  constructor(world: World) {
    this.#world = world;
  }

  get connections(): Iterable<NetworkClient<Frames>> {
    return this.#connected.values();
  }

  run(core: Core): void {
    const { clock, bugs } = this.#world;
    const counted: Core = {
      receive: (now, from, message) => core.receive(now, from, message),
      violation: (now, from, reason) => core.violation(now, from, reason),
      opened: (now, channel) => core.opened?.(now, channel),
      flush: (now) => core.flush(now),
      wakeAt: () => core.wakeAt(),
      wake: (now, lateMs) => {
        this.#world.wakes += 1;
        core.wake(now, lateMs);
      },
    };
    const host = this.#stuckHost(virtualHost(clock));
    this.#loop = new CoreLoop({ core: counted, host, onFatal: (error) => bugs.push(error) });
  }

  /** The loop stands still from now on: sockets fill up, timers fire late. */
  stick(ms: number): void {
    this.#stuckUntil = Math.max(this.#stuckUntil, this.#world.clock.now() + ms);
  }

  bind(channel: string, name: string): void {
    const receive = (route: string, frames: Frames): void =>
      this.#whenFree(() => this.#loop?.received({ channel, route }, frames));
    this.#bound.set(channel, this.#world.network.bind(name, receive));
  }

  connect(channel: string, name: string): void {
    const client = this.#world.network.connect(name, {
      receive: (frames) => this.#whenFree(() => this.#loop?.received({ channel, route: undefined }, frames)),
      opened: () => this.#whenFree(() => this.#loop?.opened(channel)),
    });
    this.#connected.set(channel, client);
  }

  disconnect(channel: string): void {
    this.#connected.get(channel)?.close();
    this.#connected.delete(channel);
  }

  readonly send = (channel: string, route: string | undefined, message: Message): void => {
    const frames = encodeMessage(message);
    const { said } = this.#world;
    said.set(message.verb, (said.get(message.verb) ?? 0) + 1);
    if (route === undefined) this.#connected.get(channel)?.send(frames);
    else this.#bound.get(channel)?.send(route, frames);
  };

  touch(): void {
    this.#loop?.touch();
  }

  /** Runs later, unless the process has died by then. */
  after(delayMs: number, run: () => void): void {
    this.#world.clock.after(delayMs, () =>
      this.#whenFree(() => {
        if (!this.isAlive) return;
        run();
        this.touch();
      }),
    );
  }

  crash(): void {
    this.isAlive = false;
    this.#loop?.stop();
    for (const client of this.#connected.values()) client.crash();
    for (const server of this.#bound.values()) server.crash();
  }

  /** At once, or when the loop turns again; in the order of the calls. */
  #whenFree(run: () => void): void {
    const { clock } = this.#world;
    if (clock.now() >= this.#stuckUntil) run();
    else clock.schedule(this.#stuckUntil, () => this.#whenFree(run));
  }

  #stuckHost(host: LoopHost): LoopHost {
    return {
      now: () => host.now(),
      atEndOfTurn: (run) => host.atEndOfTurn(() => this.#whenFree(run)),
      timer: (at, run) => host.timer(at, () => this.#whenFree(run)),
    };
  }
}
