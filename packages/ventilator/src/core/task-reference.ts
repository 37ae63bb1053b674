/** Tasks by the names that people and logs know them by. Computed when something is told, never kept. */
import { formatTaskId, traceIdOf } from "@tq/common";
import { SparseReader } from "@tq/common/protocol";
import type { TaskReference } from "./events.ts";
import type { TaskBatch } from "./task-batch.ts";

export const referenceTo = (batch: TaskBatch, index: number): TaskReference => ({
  task: batch.queue.name,
  taskId: formatTaskId(batch.origin, batch.first + index),
  traceId: traceIdOf(batch.origin, batch.first + index, traceparentOf(batch, index)),
  attempt: batch.attempt[index] ?? 0,
});

/** What the submitter sent along, if it did. */
export const traceparentOf = (batch: TaskBatch, index: number): string | undefined =>
  new SparseReader(batch.options.traceparent).at(index);
