/** The role that runs handlers. */
export * from "@tq/common";
export type { TqLogger } from "@tq/common/node";
export type { Compression, CompressionStats } from "@tq/common/transport";
export type { PushStats } from "./core/push-lane.ts";
export type { WorkerEvent } from "./log-event.ts";
export type { WorkerOptions } from "./options.ts";
export {
  type DrainOptions,
  startWorker,
  type Worker,
  type WorkerStats,
} from "./worker.ts";
