/**
 * What is to happen to single tasks at a later time: retries due, delayed tasks, expiries. A binary heap by time.
 *
 * Entries are never searched or removed: one whose task has moved on meanwhile is recognised by its state when it is due.
 */
import type { TaskBatch } from "./task-batch.ts";

export interface ScheduledTask {
  readonly at: number;
  readonly kind: "ready" | "expire";
  readonly batch: TaskBatch;
  readonly index: number;
}

export class Schedule {
  readonly #heap: ScheduledTask[] = [];

  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(entry: ScheduledTask): void {
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

  /** The earliest entry, if it is due. */
  takeDue(now: number): ScheduledTask | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
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
