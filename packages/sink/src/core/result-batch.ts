/**
 * Results as the columns they came in: one object per message, none per result. Row i is the i-th id of `ids`, and the
 * i-th entry of each dense column.
 */
import type { OutcomeStatus } from "@tq/common";
import { forEachRun, IdRunsBuilder, type PlacedRun, SparseBuilder } from "@tq/common/protocol";
import {
  bytesOfValues,
  gatherValues,
  type IdRuns,
  type Piece,
  prefixOffsets,
  type SparseColumn,
  sizesOfValues,
  type Values,
} from "@tq/common/wire";

export interface ResultBatch {
  /** The task's name and contract id. */
  readonly name: string;
  readonly contract: string | undefined;
  readonly outcome: OutcomeStatus;
  /** Number of rows. */
  readonly count: number;
  readonly ids: IdRuns;
  /** Default 1. */
  readonly attempts: SparseColumn<number> | undefined;
  readonly traceparent: SparseColumn<string> | undefined;
  /** Absent where nothing was measured: a proposal. */
  readonly durationsUs: readonly number[] | undefined;
  /** Outputs, errors, or nils. */
  readonly values: Values;
  /** Name of the worker that offered it; absent for a proposal. */
  readonly worker: string | undefined;
}

/** Rows from `from` up to, not including, `to`. */
export interface Rows {
  readonly batch: ResultBatch;
  readonly from: number;
  readonly to: number;
}

/** Visits the runs of ids that these rows have. A run's position is the row of its first id. */
export function forEachRunOf({ batch, from, to }: Rows, visit: (run: PlacedRun) => void): void {
  forEachRun(batch.ids, (run) => {
    const start = Math.max(from, run.position);
    const end = Math.min(to, run.position + run.count);
    if (start >= end) return;
    visit({
      origin: run.origin,
      first: run.first + start - run.position,
      count: end - start,
      position: start,
    });
  });
}

/** Bytes of the values of these rows, attachments included. */
export function bytesOf({ batch, from, to }: Rows): number {
  if (from === 0 && to === batch.count) return bytesOfValues(batch.values);
  const sizes = sizesOfValues(batch.values);
  let bytes = 0;
  for (let row = from; row < to; row++) bytes += sizes[row] ?? 0;
  return bytes;
}

/** The batch reduced to some of its rows: ascending, disjoint flat pairs `[from, to, …]`. */
export function keepRows(batch: ResultBatch, kept: readonly number[]): ResultBatch {
  const offsets = prefixOffsets(batch.values.lengths);
  const ids = new IdRunsBuilder();
  const pieces: Piece[] = [];
  const durationsUs: number[] = [];
  for (let index = 0; index + 1 < kept.length; index += 2) {
    const from = kept[index] ?? 0;
    const to = kept[index + 1] ?? 0;
    forEachRunOf({ batch, from, to }, ({ origin, first, count }) => ids.addRun(origin, first, count));
    pieces.push({ values: batch.values, offsets, from, to });
    for (let row = from; row < to; row++) durationsUs.push(batch.durationsUs?.[row] ?? 0);
  }
  return {
    ...batch,
    count: ids.count,
    ids: ids.take(),
    attempts: keepSparse(batch.attempts, kept),
    traceparent: keepSparse(batch.traceparent, kept),
    durationsUs: batch.durationsUs === undefined ? undefined : durationsUs,
    values: gatherValues(pieces),
  };
}

function keepSparse<V>(
  column: SparseColumn<V> | undefined,
  kept: readonly number[],
): SparseColumn<V> | undefined {
  if (column === undefined) return undefined;
  const builder = new SparseBuilder<V>();
  let shift = 0;
  let index = 0;
  for (let pair = 0; pair + 1 < kept.length; pair += 2) {
    const from = kept[pair] ?? 0;
    const to = kept[pair + 1] ?? 0;
    for (; (column.at[index] ?? to) < to; index++) {
      const position = column.at[index] ?? 0;
      const value = column.values[index];
      if (position >= from && value !== undefined) builder.add(shift + position - from, value);
    }
    shift += to - from;
  }
  return builder.take();
}
