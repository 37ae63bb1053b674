/** The sink: takes results from workers and hands each task's outcome to a loop, once. */
export * from "@tq/common";
export type { EventsOptions } from "@tq/common/event-stream";
export type { EventSource, TqEvent, TqEventOf, TqEventType } from "@tq/common/events";
export type { TqLogger } from "@tq/common/node";
export type { Compression, CompressionStats } from "@tq/common/transport";
export type { PushIntakeStats } from "./core/push-intake.ts";
export type { DefinitionStats } from "./core/sink-core.ts";
export type { SinkEvent } from "./log-event.ts";
export { openResults, type ResultsFile, type ResultsQuery, type StoredResult } from "./open-results.ts";
export type { SinkOptions, StoreOptions } from "./options.ts";
export { startSink } from "./sink.ts";
export type {
  DrainOptions,
  ResultCursor,
  Results,
  ResultsOptions,
  Sink,
  SinkStats,
} from "./sink-interface.ts";
