/**
 * The log of a `tq` process: JSON on stderr where something reads it, readable lines where a person does.
 */
import { createRequire } from "node:module";
import type { TqLogger } from "@tq/common/node";
import pino from "pino";
import type { build } from "pino-pretty";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** `role` names the lines. On a terminal they are coloured, unless `NO_COLOR` is set. */
export function createCliLogger(role: string, level: LogLevel): TqLogger {
  // Written synchronously, so that the last words of a dying process are not lost.
  if (!process.stderr.isTTY) return pino({ name: role, level }, pino.destination({ dest: 2, sync: true }));
  const { NO_COLOR: noColor, TERM: terminal } = process.env;
  const stream = loadPretty()({
    destination: 2,
    sync: true,
    colorize: !noColor && terminal !== "dumb",
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname",
    singleLine: true,
  });
  return pino({ name: role, level }, stream);
}

/** Only where it is needed: loading it takes longer than all that `tq --help` does. */
const loadPretty = (): typeof build => createRequire(import.meta.url)("pino-pretty") as typeof build;
