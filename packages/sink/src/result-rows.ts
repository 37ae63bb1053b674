/**
 * Makes results of the rows of a batch: decodes all values at once, then builds one plain object per row when a loop
 * asks for it.
 *
 * A completed result whose output cannot be read here, or does not fit the schema of this side, becomes a failed one:
 * the work was done and is final for everybody else, but there is no output to hand over, and silence would lose it.
 */
import {
  formatTaskId,
  invalidOutputError,
  isPromiseLike,
  isTypeOnly,
  type Result,
  type ResultIdentity,
  type Schema,
  type TqError,
  toRemoteError,
  traceIdOf,
  type Validation,
  validate,
} from "@tq/common";
import { forEachRun, type PlacedRun, SparseReader } from "@tq/common/protocol";
import { decodeValueAt, decodeValues } from "@tq/common/wire";
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
  readonly #attempts: SparseReader<number>;
  readonly #traceparents: SparseReader<string>;
  readonly #runs: PlacedRun[] = [];
  /** Index of the run that the last row was in. */
  #run = 0;

  constructor(batch: ResultBatch, { schema, onLost }: ResultRowsOptions) {
    this.#batch = batch;
    this.#schema = schema === undefined || isTypeOnly(schema) ? undefined : schema;
    this.#onLost = onLost;
    this.#values = leftValues.get(batch) ?? decodeValues(batch.values, (_, error) => new Undecodable(error));
    this.#attempts = new SparseReader(batch.attempts);
    this.#traceparents = new SparseReader(batch.traceparent);
    forEachRun(batch.ids, (run) => this.#runs.push(run));
  }

  /** The result of a row. Rows must not fall from call to call. A promise only where the schema gives one. */
  at(row: number): Result | Promise<Result> {
    const identity = this.#identify(row);
    const { outcome, worker } = this.#batch;
    const value = this.#values[row];
    if (outcome === "completed") {
      if (value instanceof Undecodable) return this.#lost(identity, value.error);
      if (this.#schema === undefined) return completed(identity, value, worker);
      const validation = validate(this.#schema, value);
      return isPromiseLike(validation)
        ? validation.then((settled) => this.#validated(identity, settled))
        : this.#validated(identity, validation);
    }
    const ran = worker === undefined ? identity : { ...identity, worker };
    if (outcome === "cancelled" || outcome === "expired") return { ...ran, outcome };
    return { ...ran, outcome, error: toRemoteError(value instanceof Undecodable ? value.error : value) };
  }

  /** A loop ends here; another will go on. What these rows gave out may have been changed since: it is decoded anew. */
  leave(from: number, to: number): void {
    const { lengths, slab } = this.#batch.values;
    let at = 0;
    for (let row = 0; row < from; row++) at += lengths[row] ?? 0;
    for (let row = from; row < to; row++) {
      const end = at + (lengths[row] ?? 0);
      if (!(this.#values[row] instanceof Undecodable)) this.#values[row] = decodeValueAt(slab, at, end);
      at = end;
    }
    leftValues.set(this.#batch, this.#values);
  }

  #identify(row: number): ResultIdentity {
    const batch = this.#batch;
    let run = this.#runs[this.#run];
    while (run !== undefined && row >= run.position + run.count) run = this.#runs[++this.#run];
    const origin = run?.origin ?? "";
    const seq = run === undefined ? 0 : run.first + row - run.position;
    return {
      taskId: formatTaskId(origin, seq),
      traceId: traceIdOf(origin, seq, this.#traceparents.at(row)),
      task: batch.name,
      attempt: this.#attempts.at(row) ?? 1,
      durationMs: (batch.durationsUs?.[row] ?? 0) / 1000,
    };
  }

  #validated(identity: ResultIdentity, validation: Validation<unknown>): Result {
    if (validation.ok) return completed(identity, validation.value, this.#batch.worker);
    return this.#lost(identity, invalidOutputError(identity.task, validation));
  }

  #lost(identity: ResultIdentity, error: TqError): Result {
    this.#onLost(identity, error);
    const { worker = "" } = this.#batch;
    return { ...identity, outcome: "failed", error: toRemoteError(error), worker };
  }
}

/** One literal with every field, so that all results have one shape. */
function completed(identity: ResultIdentity, output: unknown, worker = ""): Result {
  const { taskId, traceId, task, attempt, durationMs } = identity;
  return { taskId, traceId, task, attempt, durationMs, outcome: "completed", output, worker };
}
