/**
 * How options are read: each also by environment, `TQ_` and the flag's name, the flag winning; each value checked here,
 * so that a mistake is told by the option's name.
 */
import type { Compression } from "@tq/common/transport";
import { wireLimits } from "@tq/common/wire";
import { InvalidArgumentError, Option } from "commander";
import { type LogLevel, logLevels } from "../output/create-cli-logger.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `--log-level` → `TQ_LOG_LEVEL`. */
const variableOf = (option: Option): string => `TQ_${option.name().replaceAll("-", "_").toUpperCase()}`;

/** An option with a value. `read` turns the text into it. */
export function option<T>(
  flags: string,
  description: string,
  read?: (text: string, previous: T | undefined) => T,
): Option {
  const made = new Option(flags, description);
  if (read !== undefined) made.argParser(read);
  return made.env(variableOf(made));
}

/**
 * An option that only the command line gives. For what a command is about where it cannot be undone: nobody deletes by what was
 * put into the environment for another command.
 */
export const wordOnly = (flags: string, description: string): Option => new Option(flags, description);

const yes = new Set(["1", "true", "yes", "on"]);
const no = new Set(["0", "false", "no", "off", ""]);

/**
 * A switch. Read from the environment here and not by commander, to which any value means "on": `TQ_INSECURE=0` must not
 * open a port to the world.
 */
export function flag(flags: string, description: string, environment: Environment): Option {
  const made = new Option(flags, description);
  const variable = variableOf(made);
  const text = (environment[variable] ?? "").toLowerCase();
  if (!yes.has(text) && !no.has(text)) {
    throw new InvalidArgumentError(`error: ${variable} must be 1 or 0, not "${environment[variable]}"`);
  }
  made.description = `${description} (env: ${variable})`;
  return made.default(yes.has(text), yes.has(text) ? "set by the environment" : "off");
}

export const jsonFlag = (environment: Environment): Option =>
  flag("--json", "say errors as JSON, too", environment);

/** Whether `--json` is asked for, where the options are not read yet, or cannot be. */
export const asksForJson = (words: readonly string[], environment: Environment): boolean =>
  words.includes("--json") || yes.has((environment.TQ_JSON ?? "").toLowerCase());

export const logLevelOption = (level: LogLevel): Option =>
  option("--log-level <level>", "what is logged on stderr").choices(logLevels).default(level);

export const compressionOption = (): Option =>
  option("--compression <when>", "pack large messages: auto, only between machines")
    .choices(["auto", "off", "always"] satisfies readonly Compression[])
    .default("auto");

/** Several endpoints in one text: by white space, or by a comma with another endpoint behind it. */
export const readEndpoints = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  ...text.split(/\s+|,(?=[a-z]+:)/).filter((part) => part !== ""),
];

/** What workers are called by, several in one text: `gpu,big`. */
export function readTags(text: string): readonly string[] {
  const tags = text.split(",").map((tag) => tag.trim());
  const areTags = tags.every((tag) => tag.length > 0 && tag.length <= wireLimits.nameCharsMax);
  if (areTags && tags.length <= wireLimits.tagsMax) return tags;
  throw new InvalidArgumentError(
    `It must be at most ${wireLimits.tagsMax} words with commas between, such as gpu,big.`,
  );
}

/** A whole number from `min` to `max`. */
export function readCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= min && count <= max) return count;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

const unitsMs = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

const unitsOfKeepingMs = new Map([...unitsMs, ["d", 86_400_000]]);
const keepForMsMin = 1_000;
const keepForMsMax = 10 * 365 * 86_400_000;

/** `30s`, `12h` or `30d`, as milliseconds: for what is kept, and not waited for. */
export function readKeepFor(text: string): number {
  const ms = readSpan(text, unitsOfKeepingMs);
  if (ms >= keepForMsMin && ms <= keepForMsMax) return ms;
  throw new InvalidArgumentError("It must be a time such as 30s, 12h or 30d; from 1s to ten years.");
}

/** `90m` or `2d`, as milliseconds; nothing where the text is no span. */
export function readAge(text: string): number | undefined {
  const ms = readSpan(text, unitsOfKeepingMs);
  return ms >= 0 && ms <= keepForMsMax ? ms : undefined;
}

function readSpan(text: string, units: ReadonlyMap<string, number>): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? [];
  return Math.ceil(Number(amount) * (units.get(unit) ?? Number.NaN));
}

/** What a timer can hold; a longer one would fire at once. */
const durationMsMax = 2 ** 31 - 1;

/** `500ms`, `30s`, `1.5m` or `2h`, as milliseconds. A bare number is refused: nobody agrees on what it means. */
export function readDuration(text: string): number {
  const ms = readSpan(text, unitsMs);
  if (ms >= 1 && ms <= durationMsMax) return ms;
  throw new InvalidArgumentError("It must be a time such as 500ms, 30s, 5m or 2h; at most 24 days.");
}
