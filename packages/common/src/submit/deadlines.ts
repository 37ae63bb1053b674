/**
 * The deadlines of all waiting calls behind one timer: a binary heap, so that a call that ends in time leaves without
 * a trace. Were ended calls left in until their deadline, a million short calls with a long limit would pile up.
 */
import { submitLimits } from "./limits.ts";

export interface Deadline {
  /** Its place in the heap; −1 outside. Kept by the heap. */
  heapIndex: number;
  /** On the same clock as `now`. Not to be changed while in the heap. */
  dueAt: number;
  expire(now: number): void;
}

export type SetTimer = (delayMs: number, run: () => void) => () => void;

export class Deadlines {
  readonly #now: () => number;
  readonly #setTimer: SetTimer;
  readonly #heap: Deadline[] = [];
  #timerAt = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(now: () => number, setTimer: SetTimer) {
    this.#now = now;
    this.#setTimer = setTimer;
  }

  add(deadline: Deadline): void {
    this.#heap.push(deadline);
    this.#up(deadline, this.#heap.length - 1);
    this.#arm();
  }

  /** Harmless if it is not in. */
  remove(deadline: Deadline): void {
    const index = deadline.heapIndex;
    if (index === -1) return;
    const last = this.#heap.pop();
    deadline.heapIndex = -1;
    if (last !== undefined && last !== deadline) {
      this.#up(last, index);
      this.#down(last, last.heapIndex);
    }
    if (this.#heap.length > 0) return;
    // A timer for nobody would keep the process alive.
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  /** A timer that is earlier than needed stays: to look again once is cheaper than to move a timer per call. */
  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueAt >= this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = first.dueAt;
    const delayMs = Math.max(0, Math.ceil(first.dueAt - this.#now()));
    this.#cancelTimer = this.#setTimer(delayMs, this.#fired);
  }

  readonly #fired = (): void => {
    this.#cancelTimer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#now();
    for (let first = this.#heap[0]; first !== undefined && first.dueAt <= now; first = this.#heap[0]) {
      this.remove(first);
      first.expire(now);
    }
    const next = this.#heap[0];
    if (next === undefined || this.#cancelTimer !== undefined) return;
    this.#timerAt = Math.max(next.dueAt, now + submitLimits.deadlineStepMs);
    this.#cancelTimer = this.#setTimer(Math.ceil(this.#timerAt - now), this.#fired);
  };

  #up(deadline: Deadline, from: number): void {
    const heap = this.#heap;
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.dueAt <= deadline.dueAt) break;
      heap[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    heap[index] = deadline;
    deadline.heapIndex = index;
  }

  #down(deadline: Deadline, from: number): void {
    const heap = this.#heap;
    let index = from;
    for (;;) {
      const left = heap[2 * index + 1];
      if (left === undefined) break;
      const right = heap[2 * index + 2];
      const child = right !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child.dueAt >= deadline.dueAt) break;
      const childIndex = child.heapIndex;
      heap[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    heap[index] = deadline;
    deadline.heapIndex = index;
  }
}
