/** Submissions as they are said and kept, and parts of them. */
import { idRun, type SubmitBatch, sliceOptions } from "@tq/common/protocol";
import { type Origin, ownedValues, prefixOffsets, sliceValues } from "@tq/common/wire";

/** A submission, and what is said of its sink. */
export interface KeptBatch extends SubmitBatch {
  /** Id of the sink that gets its results, chosen here; the same wherever it is handed on to. */
  readonly sink?: string | undefined;
  /** It may be at another ventilator, too, or have been at an earlier start of this one. */
  readonly handedOn?: boolean | undefined;
}

export interface Part {
  /** Positions: `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
}

/** A small part does not keep the payloads of the whole in memory. */
export function sliceBatch(batch: KeptBatch, { from, to }: Part): KeptBatch {
  const { ids, options, values } = batch;
  const [origin = ""] = ids.origins;
  const [, first = 0, count] = ids.runs;
  if (from === 0 && to === count) return batch;
  const offsets = prefixOffsets(values.lengths);
  return {
    ...batch,
    ids: idRun(origin, first + from, to - from),
    options: sliceOptions(options, { from, to }),
    values: ownedValues(sliceValues({ values, offsets, from, to })),
  };
}

/** In parts, as long as they can be, of tasks that are alike in this. By position. */
export function cutBy(batch: KeptBatch, isSo: (index: number) => boolean): readonly KeptBatch[] {
  const { count } = runOf(batch);
  const parts: KeptBatch[] = [];
  let from = 0;
  for (let to = 1; to <= count; to++) {
    if (to < count && isSo(to) === isSo(from)) continue;
    parts.push(sliceBatch(batch, { from, to }));
    from = to;
  }
  return parts;
}

export function runOf({ ids }: KeptBatch): { origin: Origin; first: number; count: number } {
  const [origin = ""] = ids.origins;
  const [, first = 0, count = 0] = ids.runs;
  return { origin, first, count };
}

export function isIn(batch: KeptBatch, origin: Origin, seq: number): boolean {
  const run = runOf(batch);
  return run.origin === origin && run.first <= seq && seq < run.first + run.count;
}
