import type { TqErrorCode } from "./error-codes.ts";
import type { TaskFailedError } from "./task-failed-error.ts";
import { isAnyTqError, type TqError } from "./tq-error.ts";

/** The class that carries a code. A cancellation or expiry may also be met before there is a task, so those stay general. */
export type TqErrorOf<Code extends TqErrorCode> = [Code] extends ["TQ_ERR_TASK_FAILED" | "TQ_ERR_TASK_DEAD"]
  ? TaskFailedError & { readonly code: Code }
  : TqError<Code>;

/**
 * Whether a caught value is one of tq's errors and, if a code is given, has that code; narrows the type. Works across
 * several copies of the package, and never throws, whatever was caught.
 */
export function isTqError(error: unknown): error is TqError;
export function isTqError<Code extends TqErrorCode>(error: unknown, code: Code): error is TqErrorOf<Code>;
export function isTqError(error: unknown, code?: TqErrorCode): boolean {
  return isAnyTqError(error) && (code === undefined || error.code === code);
}

/** Failures that lie in the value or its contract: another attempt on the same input would end the same way. */
const nonRetryable: ReadonlySet<TqErrorCode> = new Set<TqErrorCode>([
  "TQ_ERR_INVALID_INPUT",
  "TQ_ERR_INVALID_OUTPUT",
  "TQ_ERR_UNENCODABLE",
  "TQ_ERR_UNDECODABLE",
  "TQ_ERR_PAYLOAD_TOO_LARGE",
]);

/**
 * Whether an attempt that ended with this error fails its task at once, whatever attempts are left.
 * @internal
 */
export function isNonRetryable(thrown: unknown): boolean {
  return isAnyTqError(thrown) && nonRetryable.has(thrown.code);
}
