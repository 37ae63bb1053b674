/** What the core reports. The words are shared with subscribers, who may live elsewhere. */
export type { SinkCoreEvent as SinkEvent, TaskRef } from "@tq/common/events";
