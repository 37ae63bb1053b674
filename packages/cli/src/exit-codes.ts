/**
 * The one table of exit codes: what each means, and which of tq's errors ends the command with which.
 *
 * Scripts and supervisors decide by them, so they are as stable as the error codes. A command that is told to quit by a
 * second signal ends with 128 + the signal's number, as shells do.
 */
import { isTqError, type TqErrorCode } from "@tq/common";

export const exitCodes = {
  fine: 0,
  /** A bug, a broken disk, a worker whose processes keep dying: what was asked for was right. */
  internal: 1,
  /** The command line, a file or an input is wrong, or the address given cannot be served: change it, then try again. */
  usage: 2,
  /** At least one task ended otherwise than completed. */
  taskFailed: 3,
  timedOut: 4,
  /** Nobody answers at the address, or contact was lost. */
  unreachable: 5,
} as const;

export type ExitCode = number;

const byErrorCode: { readonly [code in TqErrorCode]: ExitCode } = {
  TQ_ERR_INVALID_OPTION: exitCodes.usage,
  TQ_ERR_INVALID_TASK: exitCodes.usage,
  TQ_ERR_INVALID_HANDLER: exitCodes.usage,
  TQ_ERR_INVALID_INPUT: exitCodes.usage,
  TQ_ERR_INVALID_OUTPUT: exitCodes.taskFailed,
  TQ_ERR_UNENCODABLE: exitCodes.usage,
  TQ_ERR_UNDECODABLE: exitCodes.taskFailed,
  TQ_ERR_PAYLOAD_TOO_LARGE: exitCodes.usage,
  TQ_ERR_ADDRESS_IN_USE: exitCodes.usage,
  TQ_ERR_BIND_FAILED: exitCodes.usage,
  TQ_ERR_INSECURE_BIND: exitCodes.usage,
  TQ_ERR_INVALID_ENDPOINT: exitCodes.usage,
  TQ_ERR_WRONG_ENDPOINT: exitCodes.usage,
  TQ_ERR_UNREACHABLE: exitCodes.unreachable,
  TQ_ERR_UNSUPPORTED_VERSION: exitCodes.unreachable,
  TQ_ERR_BOOT_ID_IN_USE: exitCodes.internal,
  TQ_ERR_PROTOCOL: exitCodes.internal,
  TQ_ERR_DUPLICATE_HANDLER: exitCodes.usage,
  TQ_ERR_NO_HANDLER: exitCodes.usage,
  TQ_ERR_NO_SINK: exitCodes.usage,
  TQ_ERR_NO_PUSH_LANE: exitCodes.usage,
  TQ_ERR_CLOSED: exitCodes.unreachable,
  TQ_ERR_DEADLINE_EXCEEDED: exitCodes.timedOut,
  TQ_ERR_TIMEOUT: exitCodes.taskFailed,
  TQ_ERR_CANCELLED: exitCodes.taskFailed,
  TQ_ERR_EXPIRED: exitCodes.taskFailed,
  TQ_ERR_TASK_FAILED: exitCodes.taskFailed,
  TQ_ERR_TASK_DEAD: exitCodes.taskFailed,
  TQ_ERR_WORKER_LOST: exitCodes.internal,
  TQ_ERR_UNKNOWN_OUTCOME: exitCodes.unreachable,
  TQ_ERR_RESULTS_IN_USE: exitCodes.internal,
  TQ_ERR_IDEMPOTENCY_CONFLICT: exitCodes.usage,
  TQ_ERR_STORAGE_FULL: exitCodes.internal,
  TQ_ERR_STORAGE_FAILED: exitCodes.internal,
  TQ_ERR_STORAGE_CORRUPT: exitCodes.internal,
  TQ_ERR_STORAGE_LOCKED: exitCodes.usage,
  TQ_ERR_STORAGE_VERSION: exitCodes.usage,
  TQ_ERR_LIMIT: exitCodes.internal,
  TQ_ERR_CONTRACT_MISMATCH: exitCodes.usage,
  TQ_ERR_FILE: exitCodes.internal,
  TQ_ERR_UNKNOWN_TASK: exitCodes.usage,
  TQ_ERR_INTERNAL: exitCodes.internal,
};

/** What a command that failed with this ends with. Anything that is no error of tq's is a bug: 1. */
export function exitCodeOf(error: unknown): ExitCode {
  return isTqError(error) ? byErrorCode[error.code] : exitCodes.internal;
}
