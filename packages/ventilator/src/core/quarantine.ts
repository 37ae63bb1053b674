/**
 * Runs suspects, tasks that were at a worker when it died, so that the one which killed it is found and the others are not
 * blamed.
 *
 * A suspect runs on a worker that has nothing else. First many of them together, because nearly always none is guilty: if
 * that worker lives, they are all cleared at the cost of a batch. If it dies, too, each of them runs alone, and only a
 * death while running alone counts as a crash of the task. If no worker is idle, the one with the fewest leases is given
 * nothing more until it is.
 */
import type { DefinitionQueue } from "./definition-queue.ts";
import { type Handover, Parcel } from "./handover.ts";
import { type Suspicion, type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { WorkerDefinition, Quarantine as WorkerQuarantine } from "./worker-peer.ts";

/** Suspects that are screened together. More are cleared sooner, but then each has to run alone if one is guilty. */
const screenedTasksMax = 256;
const screenedBytesMax = 1024 * 1024;

export class Quarantine {
  readonly #handover: Handover;
  readonly #lifecycle: TaskLifecycle;
  #count = 0;

  constructor(parts: { readonly handover: Handover; readonly lifecycle: TaskLifecycle }) {
    this.#handover = parts.handover;
    this.#lifecycle = parts.lifecycle;
  }

  handOut(now: number, queue: DefinitionQueue): void {
    for (;;) {
      dropStale(queue);
      if (queue.suspects.length === 0) break;
      const definition = queue.workers.find(isIdle);
      if (definition === undefined) return emptyOne(queue);
      const parcel = this.#pack(queue, definition);
      if (parcel.tasks > 0) this.#handover.send(now, definition, parcel);
    }
    stopEmptying(queue);
  }

  /** The next suspect that must be alone, or as many as can be screened together. */
  #pack(queue: DefinitionQueue, { worker, credit }: WorkerDefinition): Parcel {
    const parcel = new Parcel();
    this.#count += 1;
    const tasksMax = Math.min(credit.tasks, screenedTasksMax);
    const bytesMax = Math.min(credit.bytes, screenedBytesMax);
    let isAlone = false;
    while (!isAlone && parcel.tasks < tasksMax && parcel.bytes < bytesMax) {
      const suspect = queue.suspects[0];
      if (suspect === undefined) break;
      const { batch, index } = suspect;
      isAlone = suspicionOf(batch, index) === "guilty-or-unlucky";
      if (isAlone && parcel.tasks > 0) break;
      const run = { batch, from: index, to: index + 1 };
      const target = this.#handover.destinationOf(batch, index);
      if (target !== "wait" && !parcel.fits(target.destination)) break;
      queue.suspects.shift();
      if (target === "wait") this.#handover.park(run);
      else {
        parcel.add(run, target.destination);
        this.#lifecycle.lease(worker, batch, run);
        batch.troubleOf(index).keptApart = this.#count;
      }
      dropStale(queue);
    }
    const quarantine: WorkerQuarantine = parcel.tasks === 1 ? "alone" : "screening";
    if (parcel.tasks > 0) {
      worker.quarantine = quarantine;
      worker.quarantineNumber = this.#count;
    }
    return parcel;
  }
}

const suspicionOf = (batch: TaskBatch, index: number): Suspicion => batch.trouble(index)?.suspicion ?? "none";

/** Takes out of the front what is no longer ready or no longer suspect. */
const dropStale = (queue: DefinitionQueue): void => {
  for (let suspect = queue.suspects[0]; suspect !== undefined; suspect = queue.suspects[0]) {
    const { batch, index } = suspect;
    if (batch.unsettled > 0 && batch.state[index] === taskState.ready && batch.isSuspect(index)) return;
    queue.suspects.shift();
  }
};

/** Nothing is at it, or nothing but results that wait for their commit, as its last heartbeat said. */
const isIdle = ({ worker, credit }: WorkerDefinition): boolean =>
  worker.unfinished === 0 && credit.tasks > 0 && worker.session.hasRoom;

/**
 * Keeps new tasks from the worker that will be idle soonest, unless one is being emptied or used already. It stays so until
 * the suspects of this definition are through: others, which have none, would else fill it again at once.
 */
const emptyOne = (queue: DefinitionQueue): void => {
  let best: WorkerDefinition | undefined;
  for (const definition of queue.workers) {
    if (definition.worker.quarantine !== "open") return;
    if (best === undefined || definition.worker.leases < best.worker.leases) best = definition;
  }
  if (best === undefined) return;
  best.worker.quarantine = "emptying";
  best.worker.emptiedFor = queue;
  queue.isEmptyingOne = true;
};

const stopEmptying = (queue: DefinitionQueue): void => {
  if (!queue.isEmptyingOne) return;
  queue.isEmptyingOne = false;
  for (const { worker } of queue.workers) {
    if (worker.quarantine === "emptying" && worker.emptiedFor === queue) worker.quarantine = "open";
  }
};
