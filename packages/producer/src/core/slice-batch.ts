/** Part of a submission as a submission of its own. */
import { idRun, type SubmitBatch, sliceOptions } from "@tq/common/protocol";
import { ownedValues, prefixOffsets, sliceValues } from "@tq/common/wire";

export interface Part {
  /** Positions: `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
}

/** A small part does not keep the payloads of the whole in memory. */
export function sliceBatch(batch: SubmitBatch, { from, to }: Part): SubmitBatch {
  const { definition, reply, ids, options, values } = batch;
  const [origin = ""] = ids.origins;
  const [, first = 0, count] = ids.runs;
  if (from === 0 && to === count) return batch;
  const offsets = prefixOffsets(values.lengths);
  return {
    definition,
    reply,
    ids: idRun(origin, first + from, to - from),
    options: sliceOptions(options, { from, to }),
    values: ownedValues(sliceValues({ values, offsets, from, to })),
  };
}
