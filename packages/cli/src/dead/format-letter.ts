/** Dead letters as text: a line each in a list, all of one on a screen; JSON for programs. */
import { styleText } from "node:util";
import type { DeadLetter, DeadLetterSummary, FailedAttempt } from "@tq/producer";
import { harmless } from "../output/harmless.ts";
import { toJsonValue } from "../output/json-value.ts";

export type LetterStyle = "json" | "people";

export const toJsonLine = (value: object): string => `${JSON.stringify(toJsonValue(value))}\n`;

/** `<id> <when> <task> <outcome> after 3 attempts: RangeError: no bank`. */
export function formatSummary(letter: DeadLetterSummary, style: LetterStyle): string {
  if (style === "json") return toJsonLine(letter);
  const { taskId, task, outcome, attempt, endedAt, error } = letter;
  const attempts = attempt === 1 ? "1 attempt" : `${attempt} attempts`;
  const why = error === undefined ? "" : `: ${error.name}: ${error.message}`;
  return `${emphasis(taskId)} ${dim(endedAt.toISOString())} ${harmless(`${task} ${outcome} after ${attempts}${why}`)}\n`;
}

export function formatLetter(letter: DeadLetter, style: LetterStyle): string {
  if (style === "json") return toJsonLine(letter);
  const { input, errors, options, policy, error: _, ...fields } = letter;
  const lines = Object.entries({ ...fields, ...options, policy })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${dim(name.padEnd(12))} ${oneLine(value)}`);
  lines.push(`${dim("input".padEnd(12))} ${harmless(JSON.stringify(toJsonValue(input)) ?? "undefined")}`);
  for (const failed of errors) lines.push(...attemptLines(failed));
  return `${lines.join("\n")}\n`;
}

function attemptLines({ attempt, worker, at, error }: FailedAttempt): string[] {
  const where = worker === "" ? "" : ` at ${worker}`;
  const lines = [`${emphasis(`attempt ${attempt}`)}${harmless(where)} ${dim(at.toISOString())}`];
  for (let each: typeof error | undefined = error; each !== undefined; each = each.cause) {
    const text = each.stack ?? `${each.name}: ${each.message}`;
    const [first = "", ...others] = text.split("\n").map(harmless);
    lines.push(`  ${each === error ? "" : "caused by "}${first}`, ...others.map((line) => `  ${line}`));
  }
  return lines;
}

function oneLine(value: unknown): string {
  const json = toJsonValue(value);
  return harmless(typeof json === "string" ? json : JSON.stringify(json));
}

const dim = (text: string): string => styleText("dim", text, { stream: process.stdout });
const emphasis = (text: string): string => styleText("cyan", text, { stream: process.stdout });
