/** The line that says how a task ended: the same from a sink and from `tq submit --wait`. */
import type { OutcomeStatus, RemoteError } from "@tq/common";
import { toJsonValue } from "./json-value.ts";

/** A sink's `Result` is one. What a side does not know is left out. */
export interface PrintedResult {
  readonly taskId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly task: string;
  readonly attempt?: number | undefined;
  readonly outcome: OutcomeStatus;
  readonly output?: unknown;
  readonly error?: RemoteError;
  readonly worker?: string | undefined;
  readonly durationMs?: number | undefined;
  /** Where a store knows it. */
  readonly committedAt?: Date | undefined;
}

/** One line of JSON with its line end. */
export function formatResultLine(result: PrintedResult): string {
  const { taskId, traceId, task, attempt, outcome, worker, durationMs, committedAt } = result;
  const ended = "error" in result ? { error: result.error } : {};
  const output = outcome === "completed" ? { output: toJsonValue(result.output) } : ended;
  return `${JSON.stringify({ taskId, traceId, task, attempt, outcome, ...output, worker, durationMs, committedAt })}\n`;
}
