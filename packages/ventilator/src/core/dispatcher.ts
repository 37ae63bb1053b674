/**
 * Decides which worker gets which ready tasks, and puts them into TASKS messages.
 *
 * Ready tasks of a definition are shared out evenly among the workers that have credit for it, a share at most as large as
 * a message; what one cannot take goes to the next round. So a trickle goes round the workers, and a flood fills all of
 * them alike. Credit, not this code, says how much a worker can hold: it is tuned by the worker itself.
 *
 * Suspects are handed out one at a time to a worker that has nothing else. If none is idle, the one with the fewest leases
 * is given nothing more until it is.
 */
import { IdRunsBuilder, SparseBuilder, SparseReader } from "@tq/common/protocol";
import { gatherValues, type Piece, type SparseColumn } from "@tq/common/wire";
import type { DefinitionQueue } from "./definition-queue.ts";
import type { VentilatorLimits } from "./limits.ts";
import type { SinkAssignment } from "./sink-peers.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { WorkerDefinition } from "./worker-peer.ts";

export interface DispatcherParts {
  readonly epoch: number;
  readonly limits: VentilatorLimits;
  readonly lifecycle: TaskLifecycle;
  readonly assignment: SinkAssignment;
}

/** Tasks that wait for a sink to be there. */
interface Parked {
  readonly batch: TaskBatch;
  readonly from: number;
  readonly to: number;
}

/** Where the results of one message go; `undefined`: back to the ventilator. */
type Destination = string | undefined;

export class Dispatcher {
  readonly #parts: DispatcherParts;
  #parked: Parked[] = [];
  #parkedTasks = 0;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Ready tasks that nobody may run before a sink is there. */
  get parkedTasks(): number {
    return this.#parkedTasks;
  }

  /** A sink has come, or a lost one's share may go elsewhere. */
  unpark(): void {
    const parked = this.#parked.reverse();
    this.#parked = [];
    this.#parkedTasks = 0;
    for (const { batch, from, to } of parked) {
      if (batch.unsettled > 0) this.#parts.lifecycle.makeReady(batch, { from, to }, "front");
    }
  }

  handOut(now: number, queue: DefinitionQueue): void {
    if (queue.suspects.length > 0) this.#handOutSuspects(now, queue);
    while (queue.ready > 0) {
      const able = queue.workers.filter(canTake);
      if (able.length === 0) return;
      const share = Math.ceil(queue.ready / able.length);
      let sent = 0;
      for (let step = 0; step < able.length && queue.ready > 0; step++) {
        const definition = able[(queue.turn + step) % able.length];
        if (definition !== undefined) sent += this.#send(now, queue, { definition, share });
      }
      queue.turn += 1;
      if (sent === 0) return;
    }
  }

  /** One message to one worker. Returns how many ready tasks it dealt with, parked ones included. */
  #send(now: number, queue: DefinitionQueue, to: { definition: WorkerDefinition; share: number }): number {
    const { limits } = this.#parts;
    const { credit, worker } = to.definition;
    const tasksMax = Math.min(to.share, credit.tasks, limits.tasksPerMessageMax);
    const bytesMax = Math.min(credit.bytes, limits.bytesPerMessageTarget);
    const pieces: Piece[] = [];
    const batches: TaskBatch[] = [];
    let destination: Destination | null = null;
    let tasks = 0;
    let bytes = 0;
    let parked = 0;
    while (tasks < tasksMax && bytes < bytesMax) {
      const run = queue.next(tasksMax - tasks);
      if (run === undefined) break;
      const target = this.#destinationOf(run.batch, run.from);
      if (target === "wait") {
        parked += this.#park(queue, run.batch, run);
        continue;
      }
      if (destination !== null && destination !== target.destination) break;
      destination = target.destination;
      const upTo = endOfFit(
        run.batch,
        { from: run.from, to: Math.min(run.to, run.from + target.tasksMax) },
        bytesMax - bytes,
      );
      pieces.push({ values: run.batch.values, offsets: run.batch.offsets, from: run.from, to: upTo });
      batches.push(run.batch);
      tasks += upTo - run.from;
      bytes += run.batch.bytesOf(run.from, upTo);
      this.#parts.lifecycle.lease(worker, run.batch, { from: run.from, to: upTo });
      queue.skip(upTo - run.from);
    }
    if (destination !== null)
      this.#transmit(now, to.definition, { pieces, batches, destination, tasks, bytes });
    return tasks + parked;
  }

  #transmit(
    now: number,
    definition: WorkerDefinition,
    message: {
      pieces: Piece[];
      batches: TaskBatch[];
      destination: Destination;
      tasks: number;
      bytes: number;
    },
  ): void {
    definition.credit.spend(message.tasks, message.bytes);
    definition.worker.session.send(now, {
      verb: "TASKS",
      epoch: this.#parts.epoch,
      definition: definition.index,
      sink: message.destination,
      ...columnsOf(message.pieces, message.batches),
      values: gatherValues(message.pieces),
    });
  }

  #handOutSuspects(now: number, queue: DefinitionQueue): void {
    while (queue.suspects.length > 0) {
      const suspect = queue.suspects[0];
      if (suspect === undefined) return;
      const { batch, index } = suspect;
      if (batch.unsettled === 0 || batch.state[index] !== taskState.ready || !batch.isSuspect(index)) {
        queue.suspects.shift();
        continue;
      }
      const definition = queue.workers.find(canRunAlone);
      if (definition === undefined) return emptyOne(queue);
      const target = this.#destinationOf(batch, index);
      if (target === "wait") {
        queue.suspects.shift();
        this.#park(queue, batch, { from: index, to: index + 1 });
        continue;
      }
      queue.suspects.shift();
      definition.worker.quarantine = "alone";
      this.#parts.lifecycle.lease(definition.worker, batch, { from: index, to: index + 1 });
      const pieces = [{ values: batch.values, offsets: batch.offsets, from: index, to: index + 1 }];
      const { destination } = target;
      const bytes = batch.bytesOf(index, index + 1);
      this.#transmit(now, definition, { pieces, batches: [batch], destination, tasks: 1, bytes });
    }
    for (const { worker } of queue.workers) if (worker.quarantine === "emptying") worker.quarantine = "open";
  }

  #destinationOf(batch: TaskBatch, index: number): { destination: Destination; tasksMax: number } | "wait" {
    if (batch.reply === "answer") return { destination: undefined, tasksMax: Number.POSITIVE_INFINITY };
    const seq = batch.first + index;
    const sink = this.#parts.assignment.of(batch.origin, seq);
    if (sink?.client.session === undefined) return "wait";
    return { destination: sink.endpoint, tasksMax: this.#parts.assignment.seqsLeftInBlock(seq) };
  }

  #park(queue: DefinitionQueue, batch: TaskBatch, run: { from: number; to: number }): number {
    const isPlain = !batch.isSuspect(run.from);
    this.#parts.lifecycle.park(batch, run.from, run.to);
    if (isPlain) queue.skip(run.to - run.from);
    this.#parked.push({ batch, from: run.from, to: run.to });
    this.#parkedTasks += run.to - run.from;
    return run.to - run.from;
  }
}

const canTake = ({ worker, credit }: WorkerDefinition): boolean =>
  credit.tasks > 0 && worker.quarantine === "open" && worker.session.hasRoom;

const canRunAlone = ({ worker, credit }: WorkerDefinition): boolean =>
  worker.leases === 0 && worker.quarantine !== "alone" && credit.tasks > 0 && worker.session.hasRoom;

/** Keeps new tasks from the worker that will be idle soonest, unless one is being emptied already. */
const emptyOne = (queue: DefinitionQueue): void => {
  let best: WorkerDefinition | undefined;
  for (const definition of queue.workers) {
    if (definition.worker.quarantine !== "open") return;
    if (best === undefined || definition.worker.leases < best.worker.leases) best = definition;
  }
  if (best !== undefined) best.worker.quarantine = "emptying";
};

/** How many tasks of a run fit into so many bytes; at least one. */
const endOfFit = (batch: TaskBatch, run: { from: number; to: number }, bytesMax: number): number => {
  if (batch.bytesOf(run.from, run.to) <= bytesMax) return run.to;
  let to = run.from + 1;
  while (to < run.to && batch.bytesOf(run.from, to + 1) <= bytesMax) to += 1;
  return to;
};

/** Ids, attempts and options of the pieces, in one row. */
const columnsOf = (pieces: readonly Piece[], batches: readonly TaskBatch[]) => {
  const ids = new IdRunsBuilder();
  const attempts = new SparseBuilder<number>();
  const timeoutMs = new SparseBuilder<number>();
  const traceparent = new SparseBuilder<string>();
  let position = 0;
  for (const [at, { from, to }] of pieces.entries()) {
    const batch = batches[at];
    if (batch === undefined) continue;
    ids.addRun(batch.origin, batch.first + from, to - from);
    for (let index = from; index < to; index++) {
      const attempt = batch.attempt[index] ?? 1;
      if (attempt !== 1) attempts.add(position + index - from, attempt);
    }
    copyColumn(batch.options.timeoutMs, { from, to, position }, timeoutMs);
    copyColumn(batch.options.traceparent, { from, to, position }, traceparent);
    position += to - from;
  }
  return {
    ids: ids.take(),
    attempts: attempts.take(),
    options: { timeoutMs: timeoutMs.take(), traceparent: traceparent.take() },
  };
};

const copyColumn = <V>(
  column: SparseColumn<V> | undefined,
  part: { from: number; to: number; position: number },
  into: SparseBuilder<V>,
): void => {
  if (column === undefined) return;
  const reader = new SparseReader(column);
  for (let index = part.from; index < part.to; index++) {
    const value = reader.at(index);
    if (value !== undefined) into.add(part.position + index - part.from, value);
  }
};
