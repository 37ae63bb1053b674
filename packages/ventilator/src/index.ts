/** The ventilator: owns accepted tasks until they are settled, and hands them out to workers. */
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
export type { Compression, CompressionStats } from "@tq/common/transport";
export type { ControlCommand } from "@tq/common/wire";
export type { ControlOptions } from "./control.ts";
export type { ControlledWorker, ControlReport } from "./core/controls.ts";
export type { VentilatorEvent } from "./core/events.ts";
export type { PauseRule } from "./core/pause-rules.ts";
export type { Durability, JournalOptions } from "./journal/journal-options.ts";
export type { VentilatorOptions } from "./options.ts";
export { startVentilator } from "./ventilator.ts";
export type { DrainOptions, Ventilator, VentilatorStats } from "./ventilator-interface.ts";
