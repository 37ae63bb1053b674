/**
 * What is to happen to single tasks at a later time: retries due, delayed tasks, expiries. A binary heap by time.
 *
 * No entry is searched for when its task moves on: it is recognised by the task's state when it is due. Entries of settled tasks
 * are swept out whenever as many have been added as were left by the sweep before. Without that, every task with an
 * expiry of an hour would be kept for that hour, however soon it ended; with an index by task, each would cost more to add.
 */
import { type TaskBatch, taskState } from "./task-batch.ts";

export interface ScheduledTask {
  readonly at: number;
  readonly kind: "ready" | "expire";
  readonly batch: TaskBatch;
  readonly index: number;
}

/** Fewer entries than these are not worth a sweep. */
const sweepMin = 1_024;

export class Schedule {
  #heap: ScheduledTask[] = [];
  #sweepAt = sweepMin;

  /** What it takes of memory. */
  get size(): number {
    return this.#heap.length;
  }

  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(entry: ScheduledTask): void {
    if (this.#heap.length >= this.#sweepAt) this.#sweep();
    this.#insert(entry);
  }

  /** The earliest entry, if it is due. */
  takeDue(now: number): ScheduledTask | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  #sweep(): void {
    const swept = this.#heap;
    this.#heap = [];
    for (const entry of swept) if (entry.batch.state[entry.index] !== taskState.settled) this.#insert(entry);
    this.#sweepAt = Math.max(sweepMin, this.#heap.length * 2);
  }

  #insert(entry: ScheduledTask): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parentIndex = (index - 1) >>> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #sink(entry: ScheduledTask): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let childIndex = index * 2 + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.at < child.at) {
        child = right;
        childIndex += 1;
      }
      if (entry.at <= child.at) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = entry;
  }
}
