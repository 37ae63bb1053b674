/**
 * Tasks whose results no worker has room for at present: set aside, so that those behind them, for other sinks, are handed out.
 *
 * A worker that keeps as many results for one sink as it may says so. Without this, tasks for a sink that nobody reads, or
 * that is away, would stand first in line, and with them everything of the same definition would stand still. They come back as
 * soon as a worker has credit and room for them, and no more of them than its credit: the line is not turned over for each task.
 */
import { ArrayQueue } from "@tq/common/protocol";
import type { DefinitionQueue } from "./definition-queue.ts";
import type { Run } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { WorkerDefinition } from "./worker-peer.ts";

export class FullSinks {
  readonly #lifecycle: TaskLifecycle;
  readonly #aside = new Map<DefinitionQueue, Map<string, ArrayQueue<Run>>>();
  /** Set aside, of all definitions. */
  tasks = 0;

  constructor({ lifecycle }: { readonly lifecycle: TaskLifecycle }) {
    this.#lifecycle = lifecycle;
  }

  /** Puts ready tasks for this sink aside. */
  setAside(queue: DefinitionQueue, sink: string, run: Run): void {
    this.#lifecycle.park(run.batch, run);
    this.tasks += run.to - run.from;
    const bySink = this.#aside.get(queue) ?? new Map<string, ArrayQueue<Run>>();
    const runs = bySink.get(sink) ?? new ArrayQueue<Run>();
    this.#aside.set(queue, bySink);
    bySink.set(sink, runs);
    runs.push(run);
  }

  /** Makes ready again what its workers can take, of those that can take something now. */
  resume(queue: DefinitionQueue, canTake: (definition: WorkerDefinition) => boolean): void {
    const bySink = this.#aside.get(queue);
    if (bySink === undefined) return;
    const able = queue.workers.filter(canTake);
    for (const [sink, runs] of bySink) {
      let room = 0;
      for (const { credit, full } of able) if (!full.has(sink)) room += credit.tasks;
      this.#makeReady(runs, room);
      if (runs.length === 0) bySink.delete(sink);
    }
    if (bySink.size === 0) this.#aside.delete(queue);
  }

  #makeReady(runs: ArrayQueue<Run>, room: number): void {
    const back: Run[] = [];
    let left = room;
    while (left > 0) {
      const run = runs.peek();
      if (run === undefined) break;
      const { batch, from, to } = run;
      const isOver = batch.unsettled === 0;
      const end = isOver ? to : Math.min(to, from + left);
      if (end === to) runs.shift();
      else run.from = end;
      this.tasks -= end - from;
      if (isOver) continue;
      left -= end - from;
      back.push({ batch, from, to: end });
    }
    // Each to the front of the line: they stand there in their old order.
    for (const run of back.reverse()) this.#lifecycle.makeReady(run.batch, run, "front");
  }
}
