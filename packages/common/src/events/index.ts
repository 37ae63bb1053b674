/** Events: what sources say of themselves and of tasks, how it travels, and what a reader makes of it. Pure. */
export * from "./event.ts";
export * from "./event-codec.ts";
export * from "./event-interest.ts";
export * from "./event-numbering.ts";
export * from "./event-queue.ts";
export * from "./event-types.ts";
export { eventLimits } from "./limits.ts";
export * from "./sink-event.ts";
export * from "./snapshot.ts";
export * from "./source-table.ts";
export * from "./task-event.ts";
export * from "./topics.ts";
export type * from "./ventilator-event.ts";
