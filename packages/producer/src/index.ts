/** The producer: submits tasks to ventilators in other processes, with the methods that a ventilator has itself. */
export * from "@tq/common";
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
export type { Compression, CompressionStats } from "@tq/common/transport";
export type { ProducerEvent } from "./core/events.ts";
export type { VentilatorLinkStats } from "./core/link-stats.ts";
export type { ProducerOptions } from "./options.ts";
export { type DrainOptions, type Producer, type ProducerStats, startProducer } from "./producer.ts";
