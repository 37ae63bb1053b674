/**
 * Calls of handlers that have not settled, by slot: how many may run, until when, and which of them nobody wants any more.
 *
 * An aborted run keeps its slot until its handler settles, because it may still use what a slot stands for, but not for
 * ever: after a grace the slot goes to the next attempt. A run past its timeout loses it at once: it has had its time.
 */
import type { Attempt } from "./attempt.ts";
import type { TaskMention } from "./events.ts";
import { coreLimits } from "./limits.ts";

/** Names one call of a handler. */
export interface RunTicket {
  /** From 0; no two calls that run have the same one. */
  readonly slot: number;
  /** Number of the call, from 1, never used twice. */
  readonly run: number;
}

interface AbortedRun extends RunTicket {
  readonly mention: TaskMention;
  readonly abortedAt: number;
  hasSlot: boolean;
  isReported: boolean;
}

export class Runs {
  readonly #bySlot: (Attempt | undefined)[];
  readonly #freeSlots: number[];
  readonly #aborted = new Map<number, AbortedRun>();
  #lastRun = 0;
  /** No deadline is earlier; it may be that of a run that has settled. */
  #deadlineAt = Number.POSITIVE_INFINITY;
  #graceEndsAt = Number.POSITIVE_INFINITY;
  /** Handlers that run and whose outcome is wanted. */
  count = 0;

  constructor(slots: number) {
    this.#bySlot = new Array<Attempt | undefined>(slots).fill(undefined);
    this.#freeSlots = Array.from({ length: slots }, (_, index) => slots - 1 - index);
  }

  get hasFreeSlot(): boolean {
    return this.#freeSlots.length > 0;
  }

  get abortedCount(): number {
    return this.#aborted.size;
  }

  /** No handler runs. One that does not heed its signal beyond its grace is not waited for: it may never end. */
  get isQuiet(): boolean {
    if (this.count > 0) return false;
    for (const { isReported } of this.#aborted.values()) if (!isReported) return false;
    return true;
  }

  /** Gives the attempt a slot, which must be free, and the time it has. */
  start(now: number, attempt: Attempt): void {
    const slot = this.#freeSlots.pop() ?? 0;
    this.#lastRun += 1;
    this.count += 1;
    attempt.state = "running";
    attempt.slot = slot;
    attempt.run = this.#lastRun;
    attempt.deadlineAt = now + attempt.timeoutMs;
    if (attempt.deadlineAt < this.#deadlineAt) this.#deadlineAt = attempt.deadlineAt;
    this.#bySlot[slot] = attempt;
  }

  find(ticket: RunTicket): Attempt | undefined {
    const attempt = this.#bySlot[ticket.slot];
    return attempt?.run === ticket.run ? attempt : undefined;
  }

  /** The handler has settled: the slot is free again. */
  settle(attempt: Attempt): void {
    this.#bySlot[attempt.slot] = undefined;
    this.#freeSlots.push(attempt.slot);
    this.count -= 1;
  }

  /** Its outcome is not wanted any more. */
  abort(now: number, attempt: Attempt, how: { mention: TaskMention; keepsSlot: boolean }): void {
    const { slot, run } = attempt;
    this.#bySlot[slot] = undefined;
    this.count -= 1;
    if (!how.keepsSlot) this.#freeSlots.push(slot);
    const { mention, keepsSlot: hasSlot } = how;
    this.#aborted.set(run, { slot, run, mention, abortedAt: now, hasSlot, isReported: false });
    this.#graceEndsAt = Math.min(this.#graceEndsAt, now + coreLimits.abortGraceMs);
  }

  /** An aborted run has settled after all. False if there is no such run. */
  settleAborted(ticket: RunTicket): boolean {
    const aborted = this.#aborted.get(ticket.run);
    if (aborted === undefined) return false;
    this.#aborted.delete(ticket.run);
    if (aborted.hasSlot) this.#freeSlots.push(aborted.slot);
    return true;
  }

  /** Runs whose time is over. */
  overdue(now: number): Attempt[] {
    if (now < this.#deadlineAt) return [];
    const overdue: Attempt[] = [];
    this.#deadlineAt = Number.POSITIVE_INFINITY;
    for (const attempt of this.running()) {
      if (attempt.deadlineAt <= now) overdue.push(attempt);
      else if (attempt.deadlineAt < this.#deadlineAt) this.#deadlineAt = attempt.deadlineAt;
    }
    return overdue;
  }

  /** Aborted runs whose grace has just ended: they have no slot from now on. */
  unheeded(now: number): { readonly mention: TaskMention; readonly abortedMs: number }[] {
    if (now < this.#graceEndsAt) return [];
    const unheeded: { mention: TaskMention; abortedMs: number }[] = [];
    this.#graceEndsAt = Number.POSITIVE_INFINITY;
    for (const run of this.#aborted.values()) {
      if (run.isReported) continue;
      const endsAt = run.abortedAt + coreLimits.abortGraceMs;
      if (endsAt > now) {
        this.#graceEndsAt = Math.min(this.#graceEndsAt, endsAt);
        continue;
      }
      run.isReported = true;
      if (run.hasSlot) this.#freeSlots.push(run.slot);
      run.hasSlot = false;
      unheeded.push({ mention: run.mention, abortedMs: now - run.abortedAt });
    }
    return unheeded;
  }

  running(): Attempt[] {
    return this.#bySlot.filter((attempt) => attempt !== undefined);
  }

  wakeAt(): number {
    return Math.min(this.#deadlineAt, this.#graceEndsAt);
  }
}
