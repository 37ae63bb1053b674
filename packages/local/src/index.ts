/** The whole pipeline in one process. */
export * from "@tq/common";
export type { EventsOptions } from "@tq/common/event-stream";
export type { EventSource, TqEvent, TqEventOf, TqEventType } from "@tq/common/events";
export type { TqLogger } from "@tq/common/node";
export type {
  DeadLetter,
  DeadLetterBox,
  DeadLetterFilter,
  DeadLetterListOptions,
  DeadLetterOptions,
  DeadLetterPage,
  DeadLetterSummary,
  FailedAttempt,
  Inputs,
  MapOptions,
  RetriedTask,
  RunOptions,
  SettledTask,
  SubmitManyOptions,
  SubmitOptions,
  SubmitStats,
  SubmittedTask,
  SubmittedTasks,
  TaskIdRange,
  TaskResults,
  TaskSubmitter,
  WaitOptions,
} from "@tq/common/submit";
export type { Results, SinkStats } from "@tq/sink";
export type { VentilatorStats } from "@tq/ventilator";
export type { WorkerStats } from "@tq/worker";
export { type Local, type LocalStats, startLocal } from "./local.ts";
export type { HandlerFile, LocalLoopOptions, LocalOptions, LocalThreadsOptions } from "./options.ts";
export type { ThreadWorkerStats } from "./threads/thread-worker.ts";
