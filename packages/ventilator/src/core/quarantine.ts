/**
 * Runs suspects, tasks that were at a worker when it died, so that the one which killed it is found and the others are not
 * blamed.
 *
 * A suspect runs on a worker that has nothing else, of no other ventilator either: one that has said RESERVED. First many of
 * them together, because nearly always none is guilty: if that worker lives, they are all cleared at the cost of a batch. If
 * it dies, too, each of them runs alone, and only a death while running alone counts as a crash of the task. Each such
 * parcel has a reservation of its own, so that what an earlier one has left running is over when the next begins, and so
 * that several ventilators have their turns. Which workers are asked: `worker-reservations.ts`.
 */
import type { DefinitionQueue } from "./definition-queue.ts";
import type { DefinitionQueues } from "./definition-queues.ts";
import { type Handover, Parcel } from "./handover.ts";
import { type Suspicion, type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { WorkerDefinition } from "./worker-peer.ts";
import type { Demand, WorkerReservations } from "./worker-reservations.ts";

/** Suspects that are screened together. More are cleared sooner, but then each has to run alone if one is guilty. */
const screenedTasksMax = 256;
const screenedBytesMax = 1024 * 1024;

export interface QuarantineParts {
  readonly queues: DefinitionQueues;
  readonly handover: Handover;
  readonly lifecycle: TaskLifecycle;
  readonly reservations: WorkerReservations;
}

export class Quarantine {
  readonly #parts: QuarantineParts;

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
  }

  flush(now: number): void {
    const { queues, reservations } = this.#parts;
    const waiting: DefinitionQueue[] = [];
    for (const queue of queues) {
      dropStale(queue);
      if (queue.suspects.length > 0 && !queue.isPaused) waiting.push(queue);
    }
    if (waiting.length === 0 && reservations.isIdle) return;
    for (const queue of waiting) this.#handOut(now, queue);
    const demands = waiting.filter(({ suspects }) => suspects.length > 0).map(demandOf);
    reservations.settle(now, demands);
    for (const demand of demands) reservations.seek(now, demand);
  }

  wakeAt(): number {
    return this.#parts.reservations.wakeAt();
  }

  #handOut(now: number, queue: DefinitionQueue): void {
    while (queue.suspects.length > 0) {
      const definition = queue.workers.find(isReserved);
      if (definition === undefined) return;
      const parcel = this.#pack(queue, definition);
      if (parcel.tasks > 0) this.#parts.handover.send(now, definition, parcel);
    }
  }

  /** The next suspect that must be alone, or as many as can be screened together. */
  #pack(queue: DefinitionQueue, { worker, credit }: WorkerDefinition): Parcel {
    const { handover, lifecycle } = this.#parts;
    const parcel = new Parcel();
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
      const target = handover.destinationOf(batch);
      if (target !== "wait" && !parcel.fits(target.destination)) break;
      queue.suspects.shift();
      if (target === "wait") handover.park(run);
      else {
        parcel.add(run, target.destination);
        lifecycle.lease(worker, batch, run);
        batch.troubleOf(index).keptApart = worker.reservation;
      }
      dropStale(queue);
    }
    if (parcel.tasks > 0) worker.quarantine = parcel.tasks === 1 ? "alone" : "screening";
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

const isReserved = ({ worker, credit, isPaused }: WorkerDefinition): boolean =>
  worker.quarantine === "reserved" && !isPaused && credit.tasks > 0 && worker.session.hasRoom;

/** At least; more if the suspects are of different sinks, or large. */
const demandOf = (queue: DefinitionQueue): Demand => {
  const { suspects } = queue;
  const [first] = suspects;
  const runAlone = first !== undefined && suspicionOf(first.batch, first.index) === "guilty-or-unlucky";
  const parcels = runAlone ? suspects.length : Math.ceil(suspects.length / screenedTasksMax);
  return { queue, parcels };
};
