/** Part of a submission as a submission of its own. */
import { idRun, type SubmitBatch } from "@tq/common/protocol";
import {
  ownedValues,
  prefixOffsets,
  type SparseColumn,
  sliceValues,
  type TaskOptionColumns,
} from "@tq/common/wire";

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

function sliceOptions(options: TaskOptionColumns, part: Part): TaskOptionColumns {
  const columns = Object.entries(options as Record<string, SparseColumn<unknown> | undefined>);
  const sliced = columns
    .map(([name, column]) => [name, column && sliceColumn(column, part)] as const)
    .filter(([, column]) => column !== undefined && column.at.length > 0);
  return Object.fromEntries(sliced);
}

function sliceColumn<V>({ at, values }: SparseColumn<V>, { from, to }: Part): SparseColumn<V> {
  const kept: { at: number[]; values: V[] } = { at: [], values: [] };
  for (const [index, position] of at.entries()) {
    const value = values[index];
    if (position < from || position >= to || value === undefined) continue;
    kept.at.push(position - from);
    kept.values.push(value);
  }
  return kept;
}
