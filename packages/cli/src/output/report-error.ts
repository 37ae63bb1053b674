/** How a failure is said: one line on stderr, for people or, with --json, as JSON. The stack only where one debugs. */
import { writeSync } from "node:fs";
import { isTqError } from "@tq/common";

export interface ErrorStyle {
  readonly isJson: boolean;
  readonly hasStack: boolean;
}

/** As the options of the command ask for it. */
export const errorStyleOf = ({ json, logLevel }: { json: boolean; logLevel: string }): ErrorStyle => ({
  isJson: json,
  hasStack: logLevel === "debug" || logLevel === "trace",
});

/** The line, with its line end. */
export function formatError(error: unknown, { isJson, hasStack }: ErrorStyle): string {
  const code = isTqError(error) ? error.code : "TQ_ERR_INTERNAL";
  const message = oneLine(messageOf(error));
  const stack = hasStack && error instanceof Error ? error.stack : undefined;
  if (!isJson) return `tq: ${code}: ${message}\n${stack === undefined ? "" : `${stack}\n`}`;
  const details = isTqError(error) && Object.keys(error.details).length > 0 ? error.details : undefined;
  try {
    return `${JSON.stringify({ error: { code, message, details, stack } })}\n`;
  } catch {
    // Details may hold anything, a BigInt for one.
    return `${JSON.stringify({ error: { code, message, stack } })}\n`;
  }
}

/** Says it at once. Where stderr is gone, there is nobody to say it to. */
export function say(line: string): void {
  try {
    writeSync(2, line);
  } catch {}
}

function messageOf(error: unknown): string {
  if (isTqError(error)) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Schema libraries and Node put whole reports into messages; a log line is one line. */
export const oneLine = (text: string): string => text.trim().replace(/\s*[\r\n]+\s*/g, " ");
