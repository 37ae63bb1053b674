/**
 * Decides which worker gets which ready tasks.
 *
 * Ready tasks of a definition are shared out evenly among the workers that have credit for it, a share at most as large as
 * a message; what one cannot take goes to the next round. So a trickle goes round the workers, and a flood fills all of
 * them alike. Credit, not this code, says how much a worker can hold: it is tuned by the worker itself.
 */
import type { DefinitionQueue } from "./definition-queue.ts";
import type { FullSinks } from "./full-sinks.ts";
import { type Handover, Parcel } from "./handover.ts";
import type { VentilatorLimits } from "./limits.ts";
import type { TaskBatch } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { WorkerDefinition } from "./worker-peer.ts";

export interface DispatcherParts {
  readonly limits: VentilatorLimits;
  readonly lifecycle: TaskLifecycle;
  readonly handover: Handover;
  readonly fullSinks: FullSinks;
}

interface Recipient {
  readonly definition: WorkerDefinition;
  readonly share: number;
  /** All that take something in this round. */
  readonly able: readonly WorkerDefinition[];
}

export class Dispatcher {
  readonly #parts: DispatcherParts;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  handOut(now: number, queue: DefinitionQueue): void {
    this.#parts.fullSinks.resume(queue, canTake);
    while (queue.ready > 0) {
      const able = queue.workers.filter(canTake);
      if (able.length === 0) return;
      const share = Math.ceil(queue.ready / able.length);
      let dealtWith = 0;
      for (let step = 0; step < able.length && queue.ready > 0; step++) {
        const definition = able[(queue.turn + step) % able.length];
        if (definition !== undefined) dealtWith += this.#send(now, queue, { definition, share, able });
      }
      queue.turn += 1;
      if (dealtWith === 0) return;
    }
  }

  /** One message to one worker. Returns how many ready tasks it dealt with, those put aside included. */
  #send(now: number, queue: DefinitionQueue, to: Recipient): number {
    const { limits, handover, lifecycle, fullSinks } = this.#parts;
    const { credit, worker } = to.definition;
    const tasksMax = Math.min(to.share, credit.tasks, limits.tasksPerMessageMax);
    const bytesMax = Math.min(credit.bytes, limits.bytesPerMessageTarget);
    const parcel = new Parcel();
    let parked = 0;
    while (parcel.tasks < tasksMax && parcel.bytes < bytesMax) {
      const run = queue.next(tasksMax - parcel.tasks);
      if (run === undefined) break;
      const { batch, from } = run;
      const target = handover.destinationOf(batch);
      if (target === "wait") {
        handover.park(run);
        queue.skip(run.to - from);
        parked += run.to - from;
        continue;
      }
      if (!parcel.fits(target.destination)) break;
      const { destination } = target;
      if (destination !== undefined && to.definition.full.has(destination)) {
        // Another one that has credit may take it in this round.
        if (to.able.some(({ full }) => !full.has(destination))) break;
        fullSinks.setAside(queue, destination, run);
        queue.skip(run.to - from);
        parked += run.to - from;
        continue;
      }
      const leased = { batch, from, to: endOfFit(run, bytesMax - parcel.bytes) };
      parcel.add(leased, target.destination);
      lifecycle.lease(worker, batch, leased);
      queue.skip(leased.to - from);
    }
    if (parcel.tasks > 0) handover.send(now, to.definition, parcel);
    return parcel.tasks + parked;
  }
}

const canTake = ({ worker, credit, isPaused }: WorkerDefinition): boolean =>
  credit.tasks > 0 && !isPaused && worker.quarantine === "open" && worker.session.hasRoom;

/** Where a run must end to fit into so many bytes; at least one task fits. */
const endOfFit = (run: { batch: TaskBatch; from: number; to: number }, bytesMax: number): number => {
  const { batch, from } = run;
  if (batch.bytesOf(from, run.to) <= bytesMax) return run.to;
  let to = from + 1;
  while (to < run.to && batch.bytesOf(from, to + 1) <= bytesMax) to += 1;
  return to;
};
