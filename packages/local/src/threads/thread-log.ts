/** The logger of a worker on a thread: its lines go to the pipeline's log, in the main thread. */
import type { TqLogger } from "@tq/common/node";
import { type LogLevel, type LogLine, logLevels } from "./thread-messages.ts";

type Level = (fields: unknown, message?: string) => void;

/** `bindings` are in every line. Levels below `least` cost nothing. */
export function createThreadLog(
  send: (line: LogLine) => void,
  least: LogLevel,
  bindings: object = {},
): TqLogger {
  const write =
    (level: LogLevel): Level =>
    (first, message) => {
      const isText = typeof first === "string";
      const fields = isText ? bindings : { ...bindings, ...fieldsOf(first) };
      send({ level, fields, message: isText ? first : message });
    };
  const leastAt = logLevels.indexOf(least);
  const levels = logLevels.map((level, at) => [level, at < leastAt ? () => {} : write(level)]);
  const child = (more: object) => createThreadLog(send, least, { ...bindings, ...more });
  // The methods' types take a format and its values as well, which nobody here uses.
  return { ...Object.fromEntries(levels), child } as TqLogger;
}

/** As pino does with an error. */
const fieldsOf = (value: unknown): object => {
  if (value instanceof Error) return { err: value };
  return typeof value === "object" && value !== null ? value : {};
};

/** Writes it to a log of this thread. */
export function writeLine(log: TqLogger, { level, fields, message }: LogLine): void {
  log[level](fields, message);
}

/** The least level that a log writes, where it tells: a pino logger does. */
export function leastLevelOf(log: TqLogger): LogLevel {
  const level: unknown = "level" in log ? log.level : undefined;
  if (level === "silent") return "fatal";
  return logLevels.find((each) => each === level) ?? "trace";
}
