/**
 * Puts leases into TASKS messages, and tasks aside whose sink is not there.
 *
 * All tasks of a message share a definition and a place that their results go to.
 */
import { IdRunsBuilder, SparseBuilder, SparseReader } from "@tq/common/protocol";
import { gatherValues, type Piece, type SparseColumn } from "@tq/common/wire";
import type { SinkAssignment } from "./sink-peers.ts";
import type { Run, TaskBatch } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { WorkerDefinition } from "./worker-peer.ts";

export interface HandoverParts {
  readonly epoch: number;
  readonly lifecycle: TaskLifecycle;
  readonly assignment: SinkAssignment;
}

/** Id of a sink; `undefined`: back to the ventilator. */
export type Destination = string | undefined;

/** What one message will carry. Tasks are leased as they are added. */
export class Parcel {
  readonly pieces: Piece[] = [];
  readonly batches: TaskBatch[] = [];
  tasks = 0;
  bytes = 0;
  #destination: Destination;

  get destination(): Destination {
    return this.#destination;
  }

  /** Whether tasks for this destination may join. An empty parcel takes any. */
  fits(destination: Destination): boolean {
    return this.tasks === 0 || this.#destination === destination;
  }

  add(run: Run, destination: Destination): void {
    const { batch, from, to } = run;
    this.#destination = destination;
    this.pieces.push({ values: batch.values, offsets: batch.offsets, from, to });
    this.batches.push(batch);
    this.tasks += to - from;
    this.bytes += batch.bytesOf(from, to);
  }
}

export class Handover {
  readonly #parts: HandoverParts;
  #parked: Run[] = [];
  #parkedTasks = 0;

  constructor(parts: HandoverParts) {
    this.#parts = parts;
  }

  /** Ready tasks that nobody may run before a sink is there. */
  get parkedTasks(): number {
    return this.#parkedTasks;
  }

  /** Where the results of a batch go, or that no sink is there. */
  destinationOf(batch: TaskBatch): { readonly destination: Destination } | "wait" {
    if (batch.reply === "answer") return { destination: undefined };
    const sink = this.#parts.assignment.of(batch);
    return sink?.client.session === undefined ? "wait" : { destination: sink.endpoint };
  }

  /** Puts ready tasks aside until a sink is there. */
  park(run: Run): void {
    this.#parts.lifecycle.park(run.batch, run);
    this.#parked.push(run);
    this.#parkedTasks += run.to - run.from;
  }

  /** A sink has come, or a lost one's share may go elsewhere. */
  unpark(): void {
    const parked = this.#parked.reverse();
    this.#parked = [];
    this.#parkedTasks = 0;
    for (const run of parked) {
      if (run.batch.unsettled > 0) this.#parts.lifecycle.makeReady(run.batch, run, "front");
    }
  }

  send(now: number, definition: WorkerDefinition, parcel: Parcel): void {
    definition.credit.spend(parcel.tasks, parcel.bytes);
    definition.worker.session.send(now, {
      verb: "TASKS",
      epoch: this.#parts.epoch,
      definition: definition.index,
      sink: parcel.destination,
      ...columnsOf(now, parcel.pieces, parcel.batches),
      values: gatherValues(parcel.pieces),
    });
  }
}

/** Ids, attempts and options of the pieces, in one row. */
const columnsOf = (now: number, pieces: readonly Piece[], batches: readonly TaskBatch[]) => {
  const ids = new IdRunsBuilder();
  const attempts = new SparseBuilder<number>();
  const timeoutMs = new SparseBuilder<number>();
  const expiresMs = new SparseBuilder<number>();
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
    const part = { from, to, position };
    const passedMs = Math.floor(now - batch.acceptedAt);
    copyColumn(batch.options.timeoutMs, part, (at, ms) => timeoutMs.add(at, ms));
    copyColumn(batch.options.expiresMs, part, (at, ms) => expiresMs.add(at, Math.max(0, ms - passedMs)));
    copyColumn(batch.options.traceparent, part, (at, text) => traceparent.add(at, text));
    position += to - from;
  }
  return {
    ids: ids.take(),
    attempts: attempts.take(),
    options: { timeoutMs: timeoutMs.take(), expiresMs: expiresMs.take(), traceparent: traceparent.take() },
  };
};

/** The values that a piece has in a column, by their positions in the message. */
export const copyColumn = <V>(
  column: SparseColumn<V> | undefined,
  part: { from: number; to: number; position: number },
  add: (position: number, value: V) => void,
): void => {
  if (column === undefined) return;
  const reader = new SparseReader(column);
  for (let index = part.from; index < part.to; index++) {
    const value = reader.at(index);
    if (value !== undefined) add(part.position + index - part.from, value);
  }
};
