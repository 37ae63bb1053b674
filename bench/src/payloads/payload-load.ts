import type { Compression } from "@tq/common/transport";

/** `json`: 4 KiB of records such as services send each other. `noise`: 4 KiB that nothing can pack. `frame`: an image of 1920×1080. */
export type Payload = "json" | "noise" | "frame";

/** What one measurement of large payloads sends. */
export interface PayloadLoad {
  readonly payload: Payload;
  readonly compression: Compression;
  /** Tasks of the measured run. */
  readonly tasks: number;
  /** Tasks before it. */
  readonly warmUpTasks: number;
}

/** Bytes of a payload, about. */
export const payloadBytes: Readonly<Record<Payload, number>> = {
  json: 4096,
  noise: 4096,
  frame: 1920 * 1080 * 3,
};
