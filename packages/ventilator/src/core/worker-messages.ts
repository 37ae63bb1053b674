/**
 * What workers say about attempts, and what it changes.
 *
 * Every attempt is named by its fencing token (id, epoch, attempt). A token that is not the present lease's changes
 * nothing, with two exceptions: a sink's commit is final whoever reports it, and an answer is as good from an old attempt
 * as from the present one.
 */
import { forEachRun, SparseBuilder, SparseReader } from "@tq/common/protocol";
import {
  AttachmentsReader,
  type Done,
  type Failed,
  type HeldAttempts,
  type IdRuns,
  prefixOffsets,
  type Results,
  type Return,
  sliceValues,
  type Values,
} from "@tq/common/wire";
import { readError } from "./read-error.ts";
import type { Settlement } from "./settlement.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { TaskTable } from "./task-table.ts";
import type { WorkerPeer } from "./worker-peer.ts";

export interface WorkerMessageParts {
  readonly epoch: number;
  readonly table: TaskTable;
  readonly lifecycle: TaskLifecycle;
  readonly settlement: Settlement;
}

/** Neighbouring tasks of one batch whose outputs have come, `at` their position in the message. */
interface AnsweredRun {
  readonly batch: TaskBatch;
  readonly from: number;
  readonly to: number;
  readonly at: number;
  readonly values: Values;
  readonly attempts: SparseReader<number>;
}

export class WorkerMessages {
  readonly #parts: WorkerMessageParts;

  constructor(parts: WorkerMessageParts) {
    this.#parts = parts;
  }

  /** The sink has made these final; a worker says so, or the sink itself. */
  done(reporter: WorkerPeer | undefined, message: Pick<Done, "outcome" | "ids">): void {
    const { lifecycle, settlement } = this.#parts;
    this.#forEachPiece(message.ids, ({ batch, from, to }) => {
      lifecycle.detach(batch, { from, to }, reporter);
      settlement.settle(batch, { from, to }, message.outcome);
    });
  }

  failed(now: number, worker: WorkerPeer, message: Failed): void {
    if (message.epoch !== this.#parts.epoch) return;
    const offsets = prefixOffsets(message.values.lengths);
    const finals = new SparseReader(message.final);
    const delays = new SparseReader(message.afterMs);
    const { slab, attachments } = message.values;
    const attached = attachments && new AttachmentsReader(attachments);
    this.#forEachLease(worker, message, (batch, index, position) => {
      const from = offsets[position] ?? 0;
      const to = offsets[position + 1] ?? 0;
      const failure = {
        error: readError({ slab, from, to, attachments: attached?.of(position) }),
        final: finals.at(position) === true,
        afterMs: delays.at(position),
      };
      const policy = worker.policyFor(batch.queue);
      this.#parts.lifecycle.fail(now, { batch, index, policy }, failure);
    });
  }

  returned(worker: WorkerPeer, message: Return): void {
    if (message.epoch !== this.#parts.epoch) return;
    const back: { batch: TaskBatch; index: number }[] = [];
    this.#forEachLease(worker, message, (batch, index) => back.push({ batch, index }));
    // Given back in reverse, each to the front of the line: they stand there in their old order.
    for (const { batch, index } of back.reverse()) this.#parts.lifecycle.giveBack(batch, index);
  }

  /** Outputs of answered tasks. The first one of each task goes to its caller. */
  results(worker: WorkerPeer, message: Results): void {
    if (message.epoch !== this.#parts.epoch) return;
    const offsets = prefixOffsets(message.values.lengths);
    const attempts = new SparseReader(message.attempts);
    forEachRun(message.ids, ({ origin, first, count }) => worker.committed(origin, first, count));
    this.#forEachPiece(message.ids, ({ batch, from, to, position }) => {
      if (batch.reply !== "answer") return;
      let runFrom = from;
      const tell = (runTo: number): void => {
        if (runTo === runFrom) return;
        const at = position + runFrom - from;
        const values = sliceValues({ values: message.values, offsets, from: at, to: at + runTo - runFrom });
        this.#answer(worker, { batch, from: runFrom, to: runTo, values, attempts, at });
      };
      for (let index = from; index < to; index++) {
        const state = batch.state[index];
        if (state !== taskState.settling && state !== taskState.settled) continue;
        tell(index);
        runFrom = index + 1;
      }
      tell(to);
    });
  }

  /** Which of the attempts that a worker still holds can be its leases again. */
  adopt(
    worker: WorkerPeer,
    held: HeldAttempts | undefined,
    add: (origin: string, seq: number) => void,
  ): void {
    if (held === undefined || held.epoch > this.#parts.epoch) return;
    const isEarlier = held.epoch < this.#parts.epoch;
    const attempts = new SparseReader(held.attempts);
    this.#forEachPiece(held.ids, ({ batch, from, to, position }) => {
      for (let index = from; index < to; index++) {
        const attempt = attempts.at(position + index - from) ?? 1;
        if (this.#parts.lifecycle.adopt(worker, batch, { index, attempt, isEarlier }))
          add(batch.origin, batch.first + index);
      }
    });
  }

  /** Visits the leases among `ids` that are this worker's, by their tokens. */
  #forEachLease(
    worker: WorkerPeer,
    message: Pick<Return, "ids" | "attempts">,
    visit: (batch: TaskBatch, index: number, position: number) => void,
  ): void {
    const attempts = new SparseReader(message.attempts);
    this.#forEachPiece(message.ids, ({ batch, from, to, position }) => {
      for (let index = from; index < to; index++) {
        const at = position + index - from;
        const attempt = attempts.at(at) ?? 1;
        if (batch.state[index] !== taskState.leased) continue;
        if (batch.holder[index] !== worker.number || batch.attempt[index] !== attempt) continue;
        visit(batch, index, at);
      }
    });
  }

  #answer(worker: WorkerPeer, run: AnsweredRun): void {
    const { batch } = run;
    const attempts = new SparseBuilder<number>();
    this.#parts.lifecycle.detach(batch, run, worker);
    for (let index = run.from; index < run.to; index++) {
      batch.state[index] = taskState.settling;
      const attempt = run.attempts.at(run.at + index - run.from);
      if (attempt !== undefined) attempts.add(index - run.from, attempt);
    }
    batch.owner.events.answer({
      outcome: "completed",
      ids: { origins: [batch.origin], runs: [0, batch.first + run.from, run.to - run.from] },
      attempts: attempts.take(),
      values: run.values,
    });
  }

  /** Visits the parts of runs that lie in one known batch each. Ids that nobody knows (any more) are passed over. */
  #forEachPiece(
    ids: IdRuns,
    visit: (piece: { batch: TaskBatch; from: number; to: number; position: number }) => void,
  ): void {
    forEachRun(ids, ({ origin, first, count, position }) => {
      let seq = first;
      while (seq < first + count) {
        const batch = this.#parts.table.find(origin, seq);
        if (batch === undefined) {
          seq += 1;
          continue;
        }
        const from = seq - batch.first;
        const to = Math.min(batch.count, first + count - batch.first);
        if (batch.unsettled > 0) visit({ batch, from, to, position: position + seq - first });
        seq = batch.first + to;
      }
    });
  }
}
