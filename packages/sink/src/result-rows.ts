/**
 * Makes results of the rows of a batch: decodes all values at once, then builds one plain object per row when a loop
 * asks for it.
 *
 * A completed result whose output cannot be read here, or does not fit the schema of this side, becomes a failed one:
 * the work was done and is final for everybody else, but there is no output to hand over, and silence would lose it.
 */
import {
  formatTaskId,
  type Result,
  type ResultIdentity,
  type Schema,
  type TqError,
  traceIdOf,
} from "@tq/common";
import {
  invalidOutputError,
  invariant,
  isPromiseLike,
  isTypeOnly,
  toRemoteError,
  type Validation,
  validate,
} from "@tq/common/contract";
import { forEachRun, type PlacedRun, SparseReader } from "@tq/common/protocol";
import { AttachmentsReader, decodeValueAt, decodeValues } from "@tq/common/wire";
import type { ResultBatch } from "./core/result-batch.ts";

/** Told of each output that has no value here. */
export type OnLostOutput = (result: ResultIdentity, error: TqError) => void;

export interface ResultRowsOptions {
  /** Of the outputs. Absent: they are handed over as they were decoded. */
  readonly schema: Schema | undefined;
  readonly onLost: OnLostOutput;
}

/** Takes the place of a value that cannot be decoded. */
class Undecodable {
  readonly error: TqError;

  constructor(error: TqError) {
    this.error = error;
  }
}

/** Values of batches that a loop left in the middle: a loop of one step each must not decode a batch over and over. */
const leftValues = new WeakMap<ResultBatch, unknown[]>();

export class ResultRows {
  readonly #batch: ResultBatch;
  readonly #schema: Schema | undefined;
  readonly #onLost: OnLostOutput;
  readonly #values: unknown[];
  readonly #attempts: SparseReader<number> | undefined;
  readonly #traceparents: SparseReader<string> | undefined;
  readonly #durationsUs: readonly number[];
  readonly #worker: string;
  readonly #runs: PlacedRun[] = [];
  /** The run that the last row was in: its index and, for speed, what it comes to. */
  #run = 0;
  #origin = "";
  #seqOfRowZero = 0;
  #runEnd = 0;

  constructor(batch: ResultBatch, { schema, onLost }: ResultRowsOptions) {
    this.#batch = batch;
    this.#schema = schema === undefined || isTypeOnly(schema) ? undefined : schema;
    this.#onLost = onLost;
    this.#values = leftValues.get(batch) ?? decodeValues(batch.values, (_, error) => new Undecodable(error));
    this.#attempts = batch.attempts && new SparseReader(batch.attempts);
    this.#traceparents = batch.traceparent && new SparseReader(batch.traceparent);
    this.#durationsUs = batch.durationsUs ?? [];
    this.#worker = batch.worker ?? "";
    forEachRun(batch.ids, (run) => this.#runs.push(run));
  }

  /** The result of a row. Rows must not fall from call to call. A promise only where the schema gives one. */
  at(row: number): Result | Promise<Result> {
    const identity = this.#identify(row);
    const value = this.#values[row];
    if (this.#batch.outcome !== "completed") return this.#unsuccessful(identity, value);
    if (value instanceof Undecodable) return this.#lost(identity, value.error);
    if (this.#schema === undefined) return completed(identity, value, this.#worker);
    const validation = validate(this.#schema, value);
    return isPromiseLike(validation)
      ? validation.then((settled) => this.#validated(identity, settled))
      : this.#validated(identity, validation);
  }

  /** A loop ends here; another will go on. What these rows gave out may have been changed since: it is decoded anew. */
  leave(from: number, to: number): void {
    const { lengths, slab, attachments } = this.#batch.values;
    const attached = attachments && new AttachmentsReader(attachments);
    let at = 0;
    for (let row = 0; row < from; row++) at += lengths[row] ?? 0;
    for (let row = from; row < to; row++) {
      const end = at + (lengths[row] ?? 0);
      if (!(this.#values[row] instanceof Undecodable))
        this.#values[row] = decodeValueAt({ slab, from: at, to: end, attachments: attached?.of(row) });
      at = end;
    }
    leftValues.set(this.#batch, this.#values);
  }

  #identify(row: number): ResultIdentity {
    if (row >= this.#runEnd) this.#enterRun(row);
    const origin = this.#origin;
    const seq = this.#seqOfRowZero + row;
    return {
      taskId: formatTaskId(origin, seq),
      traceId: traceIdOf(origin, seq, this.#traceparents?.at(row)),
      task: this.#batch.name,
      attempt: this.#attempts?.at(row) ?? 1,
      durationMs: (this.#durationsUs[row] ?? 0) / 1000,
    };
  }

  #enterRun(row: number): void {
    let run = this.#runs[this.#run];
    while (run !== undefined && row >= run.position + run.count) {
      this.#run += 1;
      run = this.#runs[this.#run];
    }
    invariant(run !== undefined, "every row of a batch has an id");
    this.#origin = run.origin;
    this.#seqOfRowZero = run.first - run.position;
    this.#runEnd = run.position + run.count;
  }

  #unsuccessful(identity: ResultIdentity, value: unknown): Result {
    const { outcome, worker } = this.#batch;
    invariant(outcome !== "completed", "a completed result has an output");
    const ran = worker === undefined ? identity : { ...identity, worker };
    if (outcome === "cancelled" || outcome === "expired") return { ...ran, outcome };
    return { ...ran, outcome, error: toRemoteError(value instanceof Undecodable ? value.error : value) };
  }

  #validated(identity: ResultIdentity, validation: Validation<unknown>): Result {
    if (validation.ok) return completed(identity, validation.value, this.#worker);
    return this.#lost(identity, invalidOutputError(identity.task, validation));
  }

  #lost(identity: ResultIdentity, error: TqError): Result {
    this.#onLost(identity, error);
    return { ...identity, outcome: "failed", error: toRemoteError(error), worker: this.#worker };
  }
}

/** One literal with every field, so that all results have one shape. */
function completed(identity: ResultIdentity, output: unknown, worker: string): Result {
  const { taskId, traceId, task, attempt, durationMs } = identity;
  return { taskId, traceId, task, attempt, durationMs, outcome: "completed", output, worker };
}
