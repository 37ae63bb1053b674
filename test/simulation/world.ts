/**
 * One simulated world: a virtual clock, a faulty network, and nodes that are the cores that ship in the loops that ship.
 *
 * A node is one process. It can crash (its connections vanish with what is in flight) and be started anew.
 */
import {
  bindNetworkPull,
  bindNetworkPush,
  type Core,
  CoreLoop,
  connectNetworkPull,
  connectNetworkPush,
  FaultyNetwork,
  type Frames,
  type LoopHost,
  type NetworkClient,
  type NetworkPull,
  type NetworkPush,
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

/** A worker's core whose handlers are called at the end of each turn, as its shell does. */
export const withHandlers = (core: Core, runHandlers: (now: number) => void): Core => ({
  receive: (now, from, message) => core.receive(now, from, message),
  violation: (now, from, reason) => core.violation(now, from, reason),
  opened: (now, channel) => core.opened?.(now, channel),
  drained: (now, channel) => core.drained?.(now, channel),
  wake: (now, lateMs) => core.wake(now, lateMs),
  wakeAt: () => core.wakeAt(),
  flush: (now) => {
    runHandlers(now);
    core.flush(now);
  },
});

/** The sockets and the loop of one process. It can stand still: then all that comes in, and its timers, wait. */
export class SimulatedNode {
  readonly #world: World;
  readonly #bound = new Map<string, NetworkServer<Frames>>();
  readonly #connected = new Map<string, NetworkClient<Frames>>();
  readonly #pushes = new Map<string, NetworkPush<Frames>>();
  readonly #pulls = new Map<string, NetworkPull>();
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
      drained: (now, channel) => core.drained?.(now, channel),
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

  bindPush(channel: string, name: string): void {
    this.#pushes.set(channel, bindNetworkPush(this.#world.network, name, this.#pushOptions(channel)));
  }

  connectPush(channel: string, name: string): void {
    this.#pushes.set(channel, connectNetworkPush(this.#world.network, name, this.#pushOptions(channel)));
  }

  bindPull(channel: string, name: string): void {
    this.#pulls.set(channel, bindNetworkPull(this.#world.network, name, this.#pullOptions(channel)));
  }

  connectPull(channel: string, name: string): void {
    this.#pulls.set(channel, connectNetworkPull(this.#world.network, name, this.#pullOptions(channel)));
  }

  isWritable(channel: string): boolean {
    return this.#pushes.get(channel)?.isWritable ?? false;
  }

  pause(channel: string): void {
    this.#pulls.get(channel)?.pause();
  }

  resume(channel: string): void {
    this.#pulls.get(channel)?.resume();
  }

  /** What a worker's core does with pipes, to endpoints `memory:NAME`. */
  get workerPipes() {
    const nameOf = (endpoint: string): string => endpoint.slice("memory:".length);
    return {
      connectPull: (channel: string, to: { readonly endpoint: string }) =>
        this.connectPull(channel, nameOf(to.endpoint)),
      connectPush: (channel: string, to: { readonly endpoint: string }) =>
        this.connectPush(channel, nameOf(to.endpoint)),
      isWritable: (channel: string) => this.isWritable(channel),
      pause: (channel: string) => this.pause(channel),
      resume: (channel: string) => this.resume(channel),
    };
  }

  disconnect(channel: string): void {
    for (const open of [this.#connected, this.#pushes, this.#pulls]) {
      open.get(channel)?.close();
      open.delete(channel);
    }
  }

  readonly send = (channel: string, route: string | undefined, message: Message): void => {
    const frames = encodeMessage(message);
    const { said } = this.#world;
    said.set(message.verb, (said.get(message.verb) ?? 0) + 1);
    const push = this.#pushes.get(channel);
    if (push !== undefined) push.send(frames);
    else if (route === undefined) this.#connected.get(channel)?.send(frames);
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
    for (const push of this.#pushes.values()) push.crash();
    for (const pull of this.#pulls.values()) pull.crash();
  }

  #pushOptions(channel: string) {
    return { drained: () => this.#whenFree(() => this.#loop?.drained(channel)) };
  }

  #pullOptions(channel: string) {
    return {
      receive: (frames: Frames) =>
        this.#whenFree(() => this.#loop?.received({ channel, route: undefined }, frames)),
      opened: () => this.#whenFree(() => this.#loop?.opened(channel)),
    };
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
