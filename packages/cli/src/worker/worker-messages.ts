/** What `tq worker` and its processes say to each other. */

import type { TqErrorCode } from "@tq/common";
import type { Compression } from "@tq/common/transport";
import type { LoadedFile } from "../dev/loaded-files.ts";
import type { LogLevel } from "../output/create-cli-logger.ts";

export interface WorkerSettings {
  /** Files of handlers, as the user wrote them. */
  readonly files: readonly string[];
  readonly ventilators: readonly string[];
  readonly concurrency?: number | undefined;
  readonly name?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly push?: boolean | undefined;
  readonly compression?: Compression | undefined;
  readonly logLevel: LogLevel;
  /** Whether it tells what it loads, and inputs that its tasks take: for `tq dev`. */
  readonly isDev?: boolean | undefined;
}

/** A task that a process can run. */
export interface LoadedTask {
  readonly name: string;
  /** An input that it takes, as JSON. Looked for in `tq dev` only, and not always found. */
  readonly sample?: string | undefined;
}

export interface WorkerReady {
  readonly ventilators: readonly string[];
  readonly tasks: readonly LoadedTask[];
}

export type ToWorkerProcess =
  | { readonly type: "start"; readonly settings: WorkerSettings }
  | { readonly type: "drain"; readonly timeoutMs: number };

export type FromWorkerProcess =
  | (WorkerReady & { readonly type: "ready" })
  /** A ventilator has asked it to drain: however it ends, no other is wanted in its place. */
  | { readonly type: "leaving" }
  /** It has drained, and ends now. */
  | { readonly type: "left" }
  | { readonly type: "loaded"; readonly files: readonly LoadedFile[] }
  /** It cannot go on, and another process would not either. */
  | {
      readonly type: "failed";
      readonly isLoading: boolean;
      readonly code: TqErrorCode;
      readonly message: string;
      readonly stack: string | undefined;
    };
