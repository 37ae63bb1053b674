/** The contract layer: what tasks, handlers, outcomes, ids and errors are. It knows of no wire, clock, socket or process. */
export * from "./check-known-options.ts";
export * from "./define-task.ts";
export type { Delivery } from "./delivery.ts";
export { errorCodes, type TqErrorCode } from "./error-codes.ts";
export * from "./handler.ts";
export * from "./invariant.ts";
export * from "./is-tq-error.ts";
export { contractLimits } from "./limits.ts";
export * from "./outcome.ts";
export type { Parsed } from "./parsed.ts";
export * from "./remote-error.ts";
export * from "./retry-task.ts";
export * from "./schema.ts";
export * from "./task-failed-error.ts";
export * from "./task-id.ts";
export { type BackoffPolicy, defaultPolicy, parsePolicy, type TaskPolicy } from "./task-policy.ts";
export { TqError, type TqErrorOptions } from "./tq-error.ts";
export { parseTraceparent, type Traceparent, traceIdOf } from "./trace-id.ts";
