/** What a worker's thread and the main thread say to each other, and how frames cross between them. */
import type { TqErrorCode } from "@tq/common";
import type { Frames } from "@tq/common/transport";
import type { WorkerStats } from "@tq/worker";
import type { HeartMemory } from "@tq/worker/hosting";

/** What a thread is given. */
export interface ThreadSettings {
  /** Paths and `file:` URLs. */
  readonly files: readonly string[];
  readonly ventilator: string;
  readonly name: string;
  readonly concurrency: number | undefined;
  readonly payloadBytesMax: number | undefined;
  /** Lines below it are not sent. */
  readonly logLevel: LogLevel;
}

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogLine {
  readonly level: LogLevel;
  readonly fields: object;
  readonly message: string | undefined;
}

export type LinkKind = "client" | "push" | "pull";

/** `link` is the number of a link, given by the thread. */
export type FromThread =
  | { readonly type: "connect"; readonly kind: LinkKind; readonly link: number; readonly endpoint: string }
  | { readonly type: "frames"; readonly link: number; readonly frames: Frames }
  /** A message of a pipe; there may be another one under way. */
  | { readonly type: "took"; readonly link: number }
  | { readonly type: "disconnect"; readonly link: number }
  | { readonly type: "heart"; readonly heart: HeartMemory }
  | { readonly type: "log"; readonly line: LogLine }
  | { readonly type: "stats"; readonly stats: WorkerStats }
  | { readonly type: "ready"; readonly stats: WorkerStats }
  /** Its handlers cannot be loaded, or no worker be made of them. */
  | {
      readonly type: "failed";
      readonly code: TqErrorCode;
      readonly message: string;
      readonly stack: string | undefined;
    }
  | { readonly type: "closed" };

/** About a link. */
export type ToEnd =
  | { readonly type: "opened"; readonly link: number }
  | { readonly type: "frames"; readonly link: number; readonly frames: Frames }
  /** For one message into a pipe. */
  | { readonly type: "room"; readonly link: number };

export type ToThread = ToEnd | { readonly type: "close"; readonly drainMs: number };

/**
 * Frames that may be given away, and the buffers to give. Always copies: the sender keeps its own to repeat them, and to
 * clone a view would clone all of the slab that it looks at.
 */
export function detachable(frames: Frames): { frames: Frames; transfer: ArrayBuffer[] } {
  const copies = frames.map((frame) => new Uint8Array(frame));
  return { frames: copies, transfer: copies.map(({ buffer }) => buffer) };
}
