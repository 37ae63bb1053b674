/** The role that runs handlers. */
export {
  type AnyTask,
  defineTask,
  errorCodes,
  type Handler,
  type HandlerContext,
  type HandlerFunction,
  handler,
  isTqError,
  type TaskDefinition,
  TaskFailedError,
  TqError,
  type TqErrorCode,
  type,
} from "@tq/common";
export type { WorkerEvent } from "./log-event.ts";
export type { WorkerOptions } from "./options.ts";
export {
  type DrainOptions,
  startWorker,
  type Worker,
  type WorkerInternals,
  type WorkerStats,
} from "./worker.ts";
