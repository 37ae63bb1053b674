/**
 * What is to happen to single tasks at a later time: retries due, delayed tasks, expiries.
 *
 * No entry is searched for when its task moves on: it is recognised by the task's state when it is due. Entries of settled tasks
 * are swept out whenever as many have been added as were left by the sweep before. Without that, every task with an
 * expiry of an hour would be kept for that hour, however soon it ended; with an index by task, each would cost more to add.
 */
import { type TaskBatch, taskState } from "./task-batch.ts";
import { TimeHeap } from "./time-heap.ts";

export interface ScheduledTask {
  readonly at: number;
  readonly kind: "ready" | "expire";
  readonly batch: TaskBatch;
  readonly index: number;
}

/** Fewer entries than these are not worth a sweep. */
const sweepMin = 1_024;

export class Schedule {
  readonly #heap = new TimeHeap<ScheduledTask>();
  #sweepAt = sweepMin;

  /** What it takes of memory. */
  get size(): number {
    return this.#heap.size;
  }

  get nextAt(): number {
    return this.#heap.nextAt;
  }

  add(entry: ScheduledTask): void {
    if (this.#heap.size >= this.#sweepAt) {
      this.#heap.sweep(({ batch, index }) => batch.state[index] !== taskState.settled);
      this.#sweepAt = Math.max(sweepMin, this.#heap.size * 2);
    }
    this.#heap.add(entry);
  }

  /** The earliest entry, if it is due. */
  takeDue(now: number): ScheduledTask | undefined {
    return this.#heap.takeDue(now);
  }
}
