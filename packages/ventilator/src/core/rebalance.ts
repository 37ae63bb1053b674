/**
 * Takes unstarted tasks back from a worker that has many, when another has nothing to do.
 *
 * Credit is given before it is known how long tasks take. At the end of a run the slowest worker would sit on a queue of
 * its own while the others idle: so half of what it holds beyond its slots is asked back, the newest leases first. The
 * worker gives back what it has not started; nothing is counted as a failure.
 */
import { IdRunsBuilder } from "@tq/common/protocol";
import type { IdRuns } from "@tq/common/wire";
import type { DefinitionQueue } from "./definition-queue.ts";
import type { DefinitionQueues } from "./definition-queues.ts";
import { taskState } from "./task-batch.ts";
import type { WorkerDefinition, WorkerPeer } from "./worker-peer.ts";

/** Looking more often than this would cost more than a few idle milliseconds do. */
const intervalMs = 5;
/** A worker that had nothing to give back is asked again after this. */
const patienceMs = 250;
/** Ids one RECALL names at most. */
const recallTasksMax = 1_024;

export class Rebalance {
  readonly #queues: DefinitionQueues;
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor({ queues }: { readonly queues: DefinitionQueues }) {
    this.#queues = queues;
  }

  flush(now: number): void {
    if (now - this.#checkedAt < intervalMs) return;
    this.#checkedAt = now;
    for (const queue of this.#queues) {
      if (queue.ready === 0 && queue.workers.length > 1 && queue.workers.some(isIdle)) recallFrom(now, queue);
    }
  }
}

const isIdle = ({ worker, credit, isPaused }: WorkerDefinition): boolean =>
  worker.leases === 0 && !isPaused && worker.quarantine === "open" && credit.tasks > 0;

const surplus = (worker: WorkerPeer): number => worker.leases - worker.session.hello.slots;

const recallFrom = (now: number, queue: DefinitionQueue): void => {
  let richest: WorkerPeer | undefined;
  for (const { worker } of queue.workers) {
    if (now - worker.recalledAt < patienceMs || surplus(worker) < 1) continue;
    // Suspects stay together, and whoever is being emptied gives back without being asked.
    if (worker.quarantine !== "open") continue;
    if (richest === undefined || surplus(worker) > surplus(richest)) richest = worker;
  }
  if (richest === undefined) return;
  richest.recalledAt = now;
  const ids = newestLeases(richest, queue, Math.min(Math.ceil(surplus(richest) / 2), recallTasksMax));
  if (ids.runs.length > 0) richest.session.send(now, { verb: "RECALL", ids });
};

/** The last `count` tasks of this queue that the worker was given. */
const newestLeases = (worker: WorkerPeer, queue: DefinitionQueue, count: number): IdRuns => {
  const ids = new IdRunsBuilder();
  for (const batch of [...worker.leasesByBatch.keys()].reverse()) {
    if (batch.queue !== queue) continue;
    for (let index = batch.count - 1; index >= 0 && ids.count < count; index--) {
      const isLease = batch.state[index] === taskState.leased && batch.holder[index] === worker.number;
      if (isLease) ids.add(batch.origin, batch.first + index);
    }
    if (ids.count >= count) break;
  }
  return ids.take();
};
