/**
 * What the main thread writes down and the heart thread reads: when the loop last turned, the sessions, and which attempts
 * are in their handlers. Shared memory, because a message could not leave a loop that stands still, and would cost much
 * more per task.
 *
 * Plain stores, without locks or atomics. A row that changes while it is read may give an attempt that there is not; it is
 * then one that settled within the same microsecond, and the ventilator ignores what it does not know. In the case that
 * matters, a loop that stands still, nothing is written. Only the end of the thread is said with atomics.
 */

import { IdRunsBuilder, SparseBuilder } from "@tq/common/protocol";
import type { BootId, HeldAttempts, SessionId } from "@tq/common/wire";
import type { StartedAttempt } from "./core/port.ts";

/** How often the main thread notes that its loop turns. What a loop is late beyond this, it is stuck. */
export const turnMarkMs = 100;

/** Of the thread's sockets. `closed` is the last one, also where they never were open. */
const socketState = { none: 0, open: 1, closed: 2 } as const;

export interface TableSize {
  readonly ventilators: number;
  readonly slots: number;
}

export interface HeartSession {
  readonly session: SessionId;
  readonly bootId: BootId;
  readonly epoch: number;
}

/** The same instant in every thread of the process; `performance.now()` begins anew in each. */
const processNowMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

export class HeartTable {
  readonly memory: SharedArrayBuffer;
  readonly size: TableSize;
  readonly #turnedAt: Float64Array;
  /** 0: none. */
  readonly #session: Float64Array;
  readonly #epoch: Float64Array;
  /** Ids of 64 bits take two places here: the upper and the lower half. */
  readonly #bootId: Uint32Array;
  /** 0: the slot is free. */
  readonly #seq: Float64Array;
  readonly #attempt: Float64Array;
  readonly #origin: Uint32Array;
  readonly #ventilator: Uint32Array;
  /** One of `socketState`. */
  readonly #sockets: Int32Array;
  #lastOrigin = "";
  #originHigh = 0;
  #originLow = 0;

  constructor(size: TableSize, memory?: SharedArrayBuffer) {
    const { ventilators, slots } = size;
    this.size = size;
    this.memory = memory ?? new SharedArrayBuffer(8 * (1 + 3 * ventilators + 3 * slots) + 4 * slots + 4);
    let at = 0;
    const place = (bytes: number): [SharedArrayBuffer, number] => {
      at += bytes;
      return [this.memory, at - bytes];
    };
    this.#turnedAt = new Float64Array(...place(8), 1);
    this.#session = new Float64Array(...place(8 * ventilators), ventilators);
    this.#epoch = new Float64Array(...place(8 * ventilators), ventilators);
    this.#seq = new Float64Array(...place(8 * slots), slots);
    this.#attempt = new Float64Array(...place(8 * slots), slots);
    this.#bootId = new Uint32Array(...place(8 * ventilators), 2 * ventilators);
    this.#origin = new Uint32Array(...place(8 * slots), 2 * slots);
    this.#ventilator = new Uint32Array(...place(4 * slots), slots);
    this.#sockets = new Int32Array(...place(4), 1);
  }

  // ---- written by the main thread ----------------------------------------------------------------------------------

  markTurn(): void {
    this.#turnedAt[0] = processNowMs();
  }

  setSession(ventilator: number, { session, bootId, epoch }: HeartSession): void {
    this.#bootId[2 * ventilator] = upper(bootId);
    this.#bootId[2 * ventilator + 1] = lower(bootId);
    this.#epoch[ventilator] = epoch;
    this.#session[ventilator] = session;
  }

  clearSession(ventilator: number): void {
    this.#session[ventilator] = 0;
  }

  /** A handler is about to be called. */
  set({ slot, ventilator, origin, seq, attempt }: StartedAttempt): void {
    if (origin !== this.#lastOrigin) {
      this.#lastOrigin = origin;
      this.#originHigh = upper(origin);
      this.#originLow = lower(origin);
    }
    this.#ventilator[slot] = ventilator;
    this.#origin[2 * slot] = this.#originHigh;
    this.#origin[2 * slot + 1] = this.#originLow;
    this.#attempt[slot] = attempt;
    this.#seq[slot] = seq;
  }

  /** It has settled. */
  clear(slot: number): void {
    this.#seq[slot] = 0;
  }

  /**
   * Keeps the thread from opening its sockets. Where it has opened them, stands still until it has closed them, or the time
   * is over: a thread is told to close by a message.
   */
  waitUntilClosed(timeoutMs: number): void {
    const state = Atomics.compareExchange(this.#sockets, 0, socketState.none, socketState.closed);
    if (state === socketState.open) Atomics.wait(this.#sockets, 0, socketState.open, timeoutMs);
  }

  // ---- the heart thread ------------------------------------------------------------------------------------

  /** Whether it may open its sockets: not when the process exits already. */
  markOpen(): boolean {
    return Atomics.compareExchange(this.#sockets, 0, socketState.none, socketState.open) === socketState.none;
  }

  markClosed(): void {
    Atomics.store(this.#sockets, 0, socketState.closed);
    Atomics.notify(this.#sockets, 0);
  }

  /** How long the loop of the main thread has not turned, beyond the interval of its marks. */
  stuckMs(): number {
    return Math.max(0, Math.round(processNowMs() - (this.#turnedAt[0] ?? 0) - turnMarkMs));
  }

  session(ventilator: number): HeartSession | undefined {
    const session = this.#session[ventilator] ?? 0;
    if (session === 0) return undefined;
    const bootId = hex(this.#bootId, ventilator);
    return { session, bootId, epoch: this.#epoch[ventilator] ?? 0 };
  }

  started(ventilator: number, epoch: number): HeldAttempts {
    const ids = new IdRunsBuilder();
    const numbers = new SparseBuilder<number>();
    for (let slot = 0; slot < this.size.slots; slot++) {
      const seq = this.#seq[slot] ?? 0;
      if (seq === 0 || this.#ventilator[slot] !== ventilator) continue;
      const number = this.#attempt[slot] ?? 1;
      if (number !== 1) numbers.add(ids.count, number);
      ids.add(hex(this.#origin, slot), seq);
    }
    const attempts = numbers.take();
    return { epoch, ids: ids.take(), ...(attempts === undefined ? {} : { attempts }) };
  }
}

const upper = (id: string): number => Number.parseInt(id.slice(0, 8), 16);
const lower = (id: string): number => Number.parseInt(id.slice(8), 16);
const hex = (halves: Uint32Array, place: number): string =>
  [halves[2 * place] ?? 0, halves[2 * place + 1] ?? 0]
    .map((half) => half.toString(16).padStart(8, "0"))
    .join("");
