/** What the core reports. The words are shared with subscribers, who may live elsewhere. */
export type { TaskReference, VentilatorEvent } from "@tq/common/events";
