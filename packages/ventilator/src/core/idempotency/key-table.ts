/**
 * Which idempotency keys are taken, by which task, and until when: while their tasks are unsettled, and for as long after
 * that as was asked for.
 *
 * Keys of settled tasks are bounded: beyond that the one is forgotten whose task ended first. Their time is looked at when
 * somebody asks; the heap only makes room.
 */
import type { Origin } from "@tq/common/wire";
import type { JournaledKey } from "../journal/journal-port.ts";
import { TimeHeap } from "../time-heap.ts";

/** What a journal is told. */
export interface KeyRecorder {
  keepKey(key: JournaledKey): void;
  forgetKey(key: { readonly task: string; readonly key: string }): void;
}

/** A key and the task that has it. */
export interface TakenKey {
  /** Name of the definition. */
  readonly task: string;
  readonly key: string;
  readonly origin: Origin;
  readonly seq: number;
  /** Of its payload. */
  readonly hash: string;
  readonly traceparent: string | undefined;
  /** How long after its end. */
  readonly keptMs: number;
  /** `pending`: its task is not accepted yet, and may still be refused. */
  state: "pending" | "live" | "settled";
  /** Until when, once it is settled. */
  until: number;
  /** While it is pending: the task that had the key, and has it again if this one is refused. */
  before?: TakenKey | undefined;
}

/** Numbers of idempotency keys. */
export interface KeyStats {
  /** Of tasks that are not settled. */
  readonly live: number;
  /** Of those that are. */
  readonly settled: number;
  /** Forgotten before their time, for want of room. */
  readonly forgotten: number;
}

export interface KeyTableParts {
  /** Of settled tasks. */
  readonly settledMax: number;
  /** Absent without a journal. */
  readonly recorder: KeyRecorder | undefined;
}

/** Fewer entries than these are not worth a sweep. */
const sweepMin = 1_024;

export class KeyTable {
  readonly #parts: KeyTableParts;
  /** By task and key. */
  readonly #taken = new Map<string, TakenKey>();
  /** The settled ones of these, in the order of their ends. */
  readonly #settled = new Map<string, TakenKey>();
  readonly #due = new TimeHeap<{ readonly at: number; readonly taken: TakenKey }>();
  #forgotten = 0;

  constructor(parts: KeyTableParts) {
    this.#parts = parts;
  }

  get stats(): KeyStats {
    const settled = this.#settled.size;
    return { live: this.#taken.size - settled, settled, forgotten: this.#forgotten };
  }

  /** What it takes of memory besides the keys. */
  get dueEntries(): number {
    return this.#due.size;
  }

  find(now: number, task: string, key: string): TakenKey | undefined {
    const taken = this.holder(task, key);
    return taken === undefined || (taken.state === "settled" && taken.until <= now) ? undefined : taken;
  }

  /** Who has it, or had it: its time may be over. */
  holder(task: string, key: string): TakenKey | undefined {
    return this.#taken.get(nameOf({ task, key }));
  }

  /** A task has it from now on, whoever had it before. */
  take(taken: TakenKey): void {
    const before = this.holder(taken.task, taken.key);
    if (before?.state === "settled") taken.before = before;
    this.release(taken);
    this.#taken.set(nameOf(taken), taken);
  }

  /** Its task is not accepted: it is as before. */
  giveBack(taken: TakenKey): void {
    const { before } = taken;
    this.release(taken);
    if (before === undefined) return;
    this.#taken.set(nameOf(before), before);
    this.#keep(before);
  }

  /** Nobody has it any more. */
  release({ task, key }: { readonly task: string; readonly key: string }): void {
    const name = nameOf({ task, key });
    this.#taken.delete(name);
    if (!this.#settled.delete(name)) return;
    this.#parts.recorder?.forgetKey({ task, key });
  }

  /** The end of the task that has it. */
  settle(now: number, taken: TakenKey): void {
    if (taken.keptMs === 0) return this.release(taken);
    taken.until = now + taken.keptMs;
    this.#keep(taken);
  }

  /** What a journal kept. */
  restore(now: number, keys: readonly JournaledKey[]): void {
    for (const { keptUntil, traceparent, ...key } of keys) {
      const taken = { ...key, traceparent, keptMs: 0, state: "settled", until: keptUntil } as const;
      if (this.#taken.has(nameOf(taken))) this.#parts.recorder?.forgetKey(key);
      else {
        const restored: TakenKey = { ...taken };
        this.#taken.set(nameOf(taken), restored);
        this.#addSettled(restored);
      }
    }
    this.wake(now);
  }

  /** Lets go of those whose time is over. */
  wake(now: number): void {
    for (let due = this.#due.takeDue(now); due !== undefined; due = this.#due.takeDue(now)) {
      if (this.#isSettled(due.taken)) this.release(due.taken);
    }
  }

  wakeAt(): number {
    return this.#due.nextAt;
  }

  #keep(taken: TakenKey): void {
    const { task, key, origin, seq, hash, traceparent, until: keptUntil } = taken;
    this.#parts.recorder?.keepKey({ task, key, origin, seq, hash, traceparent, keptUntil });
    this.#addSettled(taken);
  }

  #addSettled(taken: TakenKey): void {
    taken.state = "settled";
    this.#settled.set(nameOf(taken), taken);
    if (this.#due.size > sweepMin + 2 * this.#settled.size)
      this.#due.sweep((entry) => this.#isSettled(entry.taken));
    this.#due.add({ at: taken.until, taken });
    if (this.#settled.size <= this.#parts.settledMax) return;
    const [oldest] = this.#settled.values();
    if (oldest === undefined) return;
    this.release(oldest);
    this.#forgotten += 1;
  }

  #isSettled(taken: TakenKey): boolean {
    return this.#settled.get(nameOf(taken)) === taken;
  }
}

/** No name of a task has a space. */
const nameOf = ({ task, key }: { readonly task: string; readonly key: string }): string => `${task} ${key}`;
