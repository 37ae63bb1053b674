/** The errors that end a call before its outcome is known: one place for their words. */

import { errorCodes } from "../contract/error-codes.ts";
import { formatTaskId, TqError, type TqErrorCode, traceIdOf } from "../contract/index.ts";
import type { Origin } from "../wire/index.ts";

/** A task that was handed over. */
export interface Handed {
  readonly origin: Origin;
  readonly seq: number;
  readonly traceparent: string | undefined;
}

/** Ids of a task as people see them. */
export function identify({ origin, seq, traceparent }: Handed): { taskId: string; traceId: string } {
  return { taskId: formatTaskId(origin, seq), traceId: traceIdOf(origin, seq, traceparent) };
}

export function cancelledBySignal(what: string, signal: AbortSignal, handed?: Handed): TqError {
  const details = handed === undefined ? {} : identify(handed);
  return new TqError("TQ_ERR_CANCELLED", `${what} was cancelled by its signal`, {
    details,
    cause: signal.reason,
  });
}

export function neverLeft(task: string, timeoutMs: number): TqError {
  const message = `${task} was not accepted within ${timeoutMs} ms; it never left this process, for want of credit or of somebody to take it`;
  return new TqError("TQ_ERR_UNREACHABLE", message, { details: { task, timeoutMs } });
}

export function notAccepted(task: string, timeoutMs: number, handed: Handed): TqError {
  const ids = identify(handed);
  const message = `${task} was sent and not accepted within ${timeoutMs} ms; it may yet run (task ${ids.taskId}, trace ${ids.traceId})`;
  return new TqError("TQ_ERR_UNKNOWN_OUTCOME", message, { details: { task, timeoutMs, ...ids } });
}

export function deadlineExceeded(task: string, timeoutMs: number, handed?: Handed): TqError {
  const ids = handed === undefined ? undefined : identify(handed);
  const where =
    ids === undefined
      ? "it was still waiting to be handed over"
      : `it was cancelled (task ${ids.taskId}, trace ${ids.traceId})`;
  return new TqError("TQ_ERR_DEADLINE_EXCEEDED", `${task} had no outcome within ${timeoutMs} ms; ${where}`, {
    details: { task, timeoutMs, ...ids },
  });
}

export function cancelUnanswered(task: Handed, timeoutMs: number): TqError {
  const ids = identify(task);
  const message = `what stands of task ${ids.taskId} (trace ${ids.traceId}) was not known within ${timeoutMs} ms; its cancellation goes on`;
  return new TqError("TQ_ERR_DEADLINE_EXCEEDED", message, { details: { timeoutMs, ...ids } });
}

/** The owner cannot be reached any more, and has the task. */
export function contactLost(handed: Handed, cause: TqError): TqError {
  const ids = identify(handed);
  const message = `contact was lost before the outcome of task ${ids.taskId} (trace ${ids.traceId}) was known; it may have run: ${cause.message}`;
  return new TqError("TQ_ERR_UNKNOWN_OUTCOME", message, { details: ids, cause });
}

/** What an owner gave as its reason. Codes of a newer version are not lost: they stand in the message. */
export function refusedByOwner(handed: Handed, reason: { code: string; message: string }): TqError {
  const ids = identify(handed);
  const { code, message } = reason;
  const known = isErrorCode(code);
  const text = `task ${ids.taskId} was refused: ${known ? "" : `${code}: `}${message}`;
  return new TqError(known ? code : "TQ_ERR_PROTOCOL", text, { details: { ...ids, code } });
}

function isErrorCode(code: string): code is TqErrorCode {
  return Object.hasOwn(errorCodes, code);
}

export function closedError(what: string): TqError {
  return new TqError("TQ_ERR_CLOSED", `${what}: this is draining or closed and takes nothing new`);
}
