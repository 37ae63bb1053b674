/**
 * What is under way on the push lane: who takes tasks, how many of which name were sent, how far the workers have come with
 * them, and when to believe that the rest is lost.
 */
import type { Tally } from "@tq/common/wire";
import type { PushOrigin } from "./push-origin.ts";
import { PushTallies } from "./push-tallies.ts";
import { PushWindow } from "./push-window.ts";
import { PushWorkers } from "./push-workers.ts";
import type { WorkerPeer } from "./worker-peer.ts";

export interface PushFlowParts {
  readonly now: number;
  readonly heartbeatMs: number;
  readonly origins: ReadonlyMap<string, PushOrigin>;
}

export class PushFlow {
  readonly #parts: PushFlowParts;
  readonly #windows = new Map<string, PushWindow>();
  readonly #tallies = new PushTallies();
  readonly workers: PushWorkers;
  /** Tasks put into the pipe. */
  sent = 0;
  /** Those of them that nobody has, though no tally says so. */
  #lost = 0;
  /** Those that were never read. */
  #unread = 0;
  /** When something was last sent, counted, joined or lost. */
  #changedAt: number;

  constructor(parts: PushFlowParts) {
    this.#parts = parts;
    this.#changedAt = parts.now;
    this.workers = new PushWorkers(parts.heartbeatMs);
  }

  /** The window of the tasks of this name. */
  window(now: number, name: string): PushWindow {
    const known = this.#windows.get(name);
    if (known !== undefined) return known;
    const window = new PushWindow(name, now);
    this.#windows.set(name, window);
    return window;
  }

  get inFlight(): number {
    let inFlight = 0;
    for (const window of this.#windows.values()) inFlight += window.inFlight;
    return inFlight;
  }

  count(now: number, window: PushWindow, tasks: number): void {
    window.sent += tasks;
    this.sent += tasks;
    this.#changedAt = now;
  }

  tallied(now: number, worker: WorkerPeer, tally: Tally): void {
    const { hello } = worker.session;
    if (this.#tallies.heard(now, hello, tally)) this.#changedAt = now;
    if (this.workers.heard(worker, tally)) this.workersChanged(now);
    this.#settle();
    if (this.#tallies.heldBy(hello.bootId) >= hello.slots) return;
    for (const { name } of hello.definitions) this.#windows.get(name)?.starved(now, hello.slots);
  }

  workerEnded(now: number, worker: WorkerPeer): void {
    if (!this.workers.ended(now, worker)) return;
    this.#tallies.gone(worker.session.hello.bootId);
    this.#settle();
    this.workersChanged(now);
  }

  /** Who takes pushed tasks has changed, or what there is to take. */
  workersChanged(now: number): void {
    this.#changedAt = now;
    const slots = new Map<string, number>();
    const takers = new Set<WorkerPeer>(this.workers);
    for (const { session } of takers) {
      const { definitions, slots: own } = session.hello;
      for (const name of new Set(definitions.map((info) => info.name)))
        slots.set(name, (slots.get(name) ?? 0) + own);
    }
    for (const window of this.#windows.values()) window.setSlots(now, slots.get(window.name) ?? 0);
    for (const { queue } of this.#parts.origins.values())
      queue.pushTakers = queue.workers.filter(({ worker }) => takers.has(worker)).length;
  }

  /** Time passes. */
  step(now: number): void {
    for (const window of this.#windows.values()) window.review(now);
    this.workers.step(now, this.#isThrough(now));
    if (this.#isOver(now)) this.#writeOff();
  }

  #settle(): void {
    for (const window of this.#windows.values()) window.settledUpTo(this.#tallies.overOf(window.name));
    this.#lost = Math.max(0, Math.min(this.#lost, this.sent - this.#tallies.over));
    this.#unread = Math.max(0, Math.min(this.#unread, this.sent - this.#tallies.read));
  }

  /** Whatever was sent was read, or went with somebody. */
  #isThrough(now: number): boolean {
    if (this.#tallies.read + this.#unread >= this.sent) return true;
    return this.#isQuiet(now) && this.workers.haveSpoken(this.#tallies, this.#changedAt);
  }

  /** Nobody has anything left; or says so, and nothing has changed for so long that what is under way is not. */
  #isOver(now: number): boolean {
    if (this.#tallies.over + this.#lost >= this.sent) return true;
    return this.#isQuiet(now) && this.workers.haveNothing(this.#tallies, this.#changedAt);
  }

  #isQuiet(now: number): boolean {
    return now - this.#changedAt >= 2 * this.#parts.heartbeatMs;
  }

  #writeOff(): void {
    this.#lost = Math.max(0, this.sent - this.#tallies.over);
    this.#unread = Math.max(0, this.sent - this.#tallies.read);
    for (const window of this.#windows.values()) window.writeOff();
  }
}
