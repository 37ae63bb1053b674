/**
 * One simulated process: its clock, its sockets, and the loop that ships around its core.
 *
 * It can stand still, and then finds its timers late and its sockets full; its clock can drift; it can die, and then
 * nothing of it runs any more. What it says and hears is shown to the observers of the world.
 */
import { type Core, CoreLoop, type From, type LoopHost } from "@tq/common/transport";
import { encodeMessage, type Message } from "@tq/common/wire";
import type { Client } from "./network/client.ts";
import { bindPush, connectPush, type PushEnd, pipeLimit } from "./network/push-end.ts";
import type { Server } from "./network/server.ts";
import type { Surroundings } from "./surroundings.ts";

/** A timer is never early, also where a drifting clock is converted back and forth. */
const roundingMs = 1e-6;

export class SimulatedProcess {
  /** For a mutant: what waits for the end of a turn does not let what has arrived be read first. */
  static wakesBeforeReading = false;
  readonly name: string;
  /** Of this start alone. */
  readonly number: number;
  readonly #world: Surroundings;
  readonly #bound = new Map<string, Server>();
  readonly #connected = new Map<string, Client>();
  readonly #pushes = new Map<string, PushEnd>();
  readonly #pulls = new Map<string, Server | Client>();
  /** Its clock shows `shown` at `since`, and runs `rate` times as fast. */
  #since: number;
  #shown: number;
  #rate = 1;
  #loop: CoreLoop | undefined;
  #stuckUntil = 0;
  /** When it last was stuck, for whoever asks for a reason. */
  lastStuckAt = Number.NEGATIVE_INFINITY;
  /** Since when it was, that time. */
  stuckSince = Number.NEGATIVE_INFINITY;
  isAlive = true;

  constructor(world: Surroundings, name: string) {
    world.processes += 1;
    this.#world = world;
    this.name = name;
    this.number = world.processes;
    this.#since = world.clock.now();
    // A monotonic clock begins anywhere.
    this.#shown = world.clock.now();
  }

  /** What its own monotonic clock shows. */
  now(): number {
    return this.#shown + (this.#world.clock.now() - this.#since) * this.#rate;
  }

  /** From now on its clock runs so much faster or slower. */
  drift(rate: number): void {
    this.#shown = this.now();
    this.#since = this.#world.clock.now();
    this.#rate = rate;
  }

  get isDrifting(): boolean {
    return this.#rate !== 1;
  }

  get isStuck(): boolean {
    return this.#world.clock.now() < this.#stuckUntil;
  }

  get connections(): Iterable<Client> {
    return [...this.#connected.values()];
  }

  run(core: Core): void {
    const { observers, bugs } = this.#world;
    const watched: Core = {
      receive: (now, from, message) => {
        const spoken = { process: this, from, message };
        for (const observer of observers) observer.heard?.(spoken);
        core.receive(now, from, message);
        for (const observer of observers) observer.handled?.(spoken);
      },
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
    const onFatal = (error: unknown): void => void bugs.push(error);
    this.#loop = new CoreLoop({ core: watched, host: this.#host(), onFatal });
  }

  /** Its loop stands still from now on: sockets fill up, timers fire late. */
  stand(ms: number): void {
    const { clock } = this.#world;
    if (!this.isStuck) this.stuckSince = clock.now();
    this.#stuckUntil = Math.max(this.#stuckUntil, clock.now() + ms);
    this.lastStuckAt = this.#stuckUntil;
  }

  bind(channel: string, name: string): void {
    const received = (route: string, frames: readonly Uint8Array[]): void =>
      this.#received({ channel, route }, frames);
    this.#bound.set(channel, this.#world.network.bind(name, this, { received }));
  }

  connect(channel: string, name: string): void {
    this.#connected.set(channel, this.#connectTo(channel, name));
  }

  bindPush(channel: string, name: string): void {
    this.#pushes.set(channel, bindPush(this.#world.network, this.#pushOptions(channel, name)));
  }

  connectPush(channel: string, name: string): void {
    this.#pushes.set(channel, connectPush(this.#world.network, this.#pushOptions(channel, name)));
  }

  bindPull(channel: string, name: string): void {
    const received = (_route: string, frames: readonly Uint8Array[]): void =>
      this.#received({ channel, route: undefined }, frames);
    this.#pulls.set(channel, this.#world.network.bind(name, this, { received, ...pipeLimit }));
  }

  connectPull(channel: string, name: string): void {
    this.#pulls.set(channel, this.#connectTo(channel, name));
  }

  isWritable(channel: string): boolean {
    return this.#pushes.get(channel)?.isWritable ?? false;
  }

  pause(channel: string): void {
    this.#pulls.get(channel)?.gate.shut();
  }

  resume(channel: string): void {
    this.#pulls.get(channel)?.gate.open();
  }

  disconnect(channel: string): void {
    this.#connected.get(channel)?.close();
    this.#pushes.get(channel)?.close();
    const pull = this.#pulls.get(channel);
    if (pull !== undefined && "close" in pull) pull.close();
    for (const open of [this.#connected, this.#pushes, this.#pulls]) open.delete(channel);
  }

  readonly send = (channel: string, route: string | undefined, message: Message): void => {
    const { observers, trace, clock } = this.#world;
    const frames = encodeMessage(message);
    trace.note({ at: clock.now(), who: this.name, what: `says ${message.verb}`, message });
    for (const frame of frames) trace.bytes(frame);
    for (const observer of observers) observer.said?.({ process: this, from: { channel, route }, message });
    const push = this.#pushes.get(channel);
    if (push !== undefined) push.send(frames);
    else if (route === undefined) this.#connected.get(channel)?.send(frames);
    else this.#bound.get(channel)?.send(route, frames);
  };

  touch(): void {
    this.#loop?.touch();
  }

  /** Runs later, when the loop turns; not if the process has died by then. */
  after(delayMs: number, run: () => void): void {
    const { clock } = this.#world;
    clock.schedule(clock.now() + delayMs, () =>
      this.whenFree(() => {
        run();
        this.touch();
      }),
    );
  }

  crash(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#loop?.stop();
    for (const end of [
      ...this.#connected.values(),
      ...this.#bound.values(),
      ...this.#pushes.values(),
      ...this.#pulls.values(),
    ])
      end.crash();
  }

  /** At once, or when the loop turns again, in the order of the calls. */
  whenFree(run: () => void): void {
    const { clock } = this.#world;
    if (!this.isAlive) return;
    if (clock.now() >= this.#stuckUntil) run();
    else clock.schedule(this.#stuckUntil, () => this.whenFree(run));
  }

  #received(from: From, frames: readonly Uint8Array[]): void {
    this.#loop?.received(from, frames);
  }

  #connectTo(channel: string, name: string): Client {
    return this.#world.network.connect(name, this, {
      received: (frames) => this.#received({ channel, route: undefined }, frames),
      opened: () => this.#loop?.opened(channel),
    });
  }

  #pushOptions(channel: string, name: string) {
    return { name, writer: this, drained: () => this.#loop?.drained(channel) };
  }

  #host(): LoopHost {
    const { clock } = this.#world;
    return {
      now: () => this.now(),
      atEndOfTurn: (run) => {
        if (SimulatedProcess.wakesBeforeReading && clock.now() === this.#stuckUntil) run();
        else clock.schedule(clock.now(), () => this.whenFree(run));
      },
      timer: (at, run) => {
        let isCancelled = false;
        const dueAt = clock.now() + Math.max(0, at - this.now()) / this.#rate + roundingMs;
        clock.schedule(dueAt, () =>
          this.whenFree(() => {
            if (!isCancelled) run();
          }),
        );
        return () => {
          isCancelled = true;
        };
      },
    };
  }
}
