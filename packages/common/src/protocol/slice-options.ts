/** The option columns of some tasks of a batch. */
import type { SparseColumn, TaskOptionColumns } from "../wire/index.ts";

/** Those of the tasks from `from` up to, not including, `to`; columns that none of them has are left out. */
export function sliceOptions(
  options: TaskOptionColumns,
  part: { readonly from: number; readonly to: number },
): TaskOptionColumns {
  const columns = Object.entries(options as Record<string, SparseColumn<unknown> | undefined>);
  const sliced = columns
    .map(([name, column]) => [name, column && sliceColumn(column, part)] as const)
    .filter(([, column]) => column !== undefined && column.at.length > 0);
  return Object.fromEntries(sliced);
}

function sliceColumn<V>(
  { at, values }: SparseColumn<V>,
  { from, to }: { readonly from: number; readonly to: number },
): SparseColumn<V> {
  const kept: { at: number[]; values: V[] } = { at: [], values: [] };
  for (const [index, position] of at.entries()) {
    const value = values[index];
    if (position < from || position >= to || value === undefined) continue;
    kept.at.push(position - from);
    kept.values.push(value);
  }
  return kept;
}
