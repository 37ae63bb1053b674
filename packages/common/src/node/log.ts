/** Where the roles' log lines go: JSON on stderr, one level for all, replaceable by any pino-like logger. */
import pino, { type Logger } from "pino";

export type TqLogger = Pick<Logger, "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "child">;

/**
 * The logger of a role that was given none: JSON lines on stderr, written synchronously, so that the last words of a
 * dying process are not lost. Level by `TQ_LOG_LEVEL`, default `info`.
 */
export const createLogger = (role: string): TqLogger =>
  pino(
    { name: role, level: process.env["TQ_LOG_LEVEL"] ?? "info" },
    pino.destination({ dest: 2, sync: true }),
  );
