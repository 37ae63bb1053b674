/** The role that runs handlers. */
export * from "@tq/common";
export type { WorkerEvent } from "./log-event.ts";
export type { WorkerOptions } from "./options.ts";
export {
  type DrainOptions,
  startWorker,
  type Worker,
  type WorkerStats,
} from "./worker.ts";
