/**
 * The tasks of one definition that may be handed out now, and who may run them.
 *
 * Holds runs of tasks, not tasks. A run may contain tasks that are no longer ready (cancelled, adopted): whoever takes
 * from it skips them, so that nothing ever searches a queue.
 */
import { ArrayQueue } from "@tq/common/protocol";
import { type Run, type TaskBatch, type TaskQueue, taskState } from "./task-batch.ts";
import type { WorkerDefinition } from "./worker-peer.ts";

/** Runs of one priority: given back ones first, then in the order they came. */
class Lane {
  readonly #front: Run[] = [];
  readonly #back = new ArrayQueue<Run>();

  get isEmpty(): boolean {
    return this.#front.length === 0 && this.#back.length === 0;
  }

  push(run: Run): void {
    this.#back.push(run);
  }

  pushFront(run: Run): void {
    this.#front.push(run);
  }

  peek(): Run | undefined {
    return this.#front[this.#front.length - 1] ?? this.#back.peek();
  }

  drop(): void {
    if (this.#front.length > 0) this.#front.pop();
    else this.#back.shift();
  }
}

export class DefinitionQueue implements TaskQueue {
  readonly name: string;
  readonly contract: string | undefined;
  ready = 0;
  readonly suspects: { batch: TaskBatch; index: number }[] = [];
  /** Whoever announced a definition that fits. */
  readonly workers: WorkerDefinition[] = [];
  /** Whose turn it is. */
  turn = 0;
  /** Tasks for the push lane that wait, and how many of `workers` take any. */
  pushed = 0;
  pushTakers = 0;
  /** Since when tasks wait with nobody there; told once. */
  unroutableSince: number | undefined;
  unroutableTold = false;
  readonly #lanes: { readonly priority: number; readonly lane: Lane }[] = [{ priority: 0, lane: new Lane() }];

  constructor(name: string, contract: string | undefined) {
    this.name = name;
    this.contract = contract;
  }

  /** Whether a worker's definition can run this queue's tasks. A missing contract id fits any. */
  fits(name: string, contract: string | undefined): boolean {
    if (name !== this.name) return false;
    return contract === undefined || this.contract === undefined || contract === this.contract;
  }

  /** There are workers, and none of them may start any of it. */
  get isPaused(): boolean {
    return this.workers.length > 0 && this.workers.every(({ isPaused }) => isPaused);
  }

  /** Whether a worker for it is to stay. Of those that were asked to drain nothing is to be expected. */
  get isServed(): boolean {
    return this.workers.some(({ worker }) => !worker.isLeaving);
  }

  push(run: Run, priority: number): void {
    this.#lane(priority).push(run);
  }

  /** Given back: first in line again. */
  pushFront(run: Run, priority: number): void {
    this.#lane(priority).pushFront(run);
  }

  /**
   * The next ready tasks that lie side by side in one batch, at most `max`; leaves them in the queue.
   * `skip(n)` takes them out.
   */
  next(max: number): Run | undefined {
    for (const { lane } of this.#lanes) {
      for (let run = lane.peek(); run !== undefined; run = lane.peek()) {
        const { state } = run.batch;
        while (run.from < run.to && !isPlainReady(run.batch, run.from)) run.from += 1;
        if (run.from >= run.to) {
          lane.drop();
          continue;
        }
        let to = run.from + 1;
        const limit = Math.min(run.to, run.from + max);
        while (to < limit && state[to] === taskState.ready && !run.batch.isSuspect(to)) to += 1;
        return { batch: run.batch, from: run.from, to };
      }
    }
    return undefined;
  }

  /** The first `count` tasks of what `next` gave have been dealt with. */
  skip(count: number): void {
    for (const { lane } of this.#lanes) {
      const run = lane.peek();
      if (run === undefined) continue;
      run.from += count;
      if (run.from >= run.to) lane.drop();
      return;
    }
  }

  #lane(priority: number): Lane {
    let index = 0;
    for (; index < this.#lanes.length; index++) {
      const entry = this.#lanes[index];
      if (entry === undefined || entry.priority < priority) break;
      if (entry.priority === priority) return entry.lane;
    }
    const lane = new Lane();
    this.#lanes.splice(index, 0, { priority, lane });
    return lane;
  }
}

const isPlainReady = (batch: TaskBatch, index: number): boolean =>
  batch.state[index] === taskState.ready && !batch.isSuspect(index);
