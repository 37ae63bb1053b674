/** Where the roles' log lines go: JSON on stderr, one level for all, replaceable by any pino-like logger. */
import pino, { type Logger } from "pino";

/** What a role needs of a logger. A pino logger fits. */
export type TqLogger = Pick<Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "child">;

export interface LoggerOptions {
  /** Least level that is written, where `TQ_LOG_LEVEL` does not say. Default `info`. */
  readonly level?: string | undefined;
}

/**
 * The logger of a role that was given none: JSON lines on stderr, written synchronously, so that the last words of a
 * dying process are not lost. `TQ_LOG_LEVEL` in the environment says the level.
 */
export const createLogger = (name: string, options: LoggerOptions = {}): TqLogger =>
  pino(
    { name, level: process.env.TQ_LOG_LEVEL ?? options.level ?? "info" },
    pino.destination({ dest: 2, sync: true }),
  );
