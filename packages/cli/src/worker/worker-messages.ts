/** What `tq worker` and its processes say to each other. */

import type { TqErrorCode } from "@tq/common";
import type { Compression } from "@tq/common/transport";
import type { LogLevel } from "../output/create-cli-logger.ts";

export interface WorkerSettings {
  /** Files of handlers, as the user wrote them. */
  readonly files: readonly string[];
  readonly ventilators: readonly string[];
  readonly concurrency?: number | undefined;
  readonly name?: string | undefined;
  readonly compression?: Compression | undefined;
  readonly logLevel: LogLevel;
}

export type ToWorkerProcess =
  | { readonly type: "start"; readonly settings: WorkerSettings }
  | { readonly type: "drain"; readonly timeoutMs: number };

export type FromWorkerProcess =
  | { readonly type: "ready"; readonly ventilators: readonly string[]; readonly tasks: readonly string[] }
  /** It cannot go on, and another process would not either. */
  | {
      readonly type: "failed";
      readonly isLoading: boolean;
      readonly code: TqErrorCode;
      readonly message: string;
      readonly stack: string | undefined;
    };
