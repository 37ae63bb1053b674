/** A point in time as people give it on a command line: a date, or how long ago. */
import { InvalidArgumentError } from "commander";
import { readAge } from "./options.ts";

/** A year, a month, a day; then hours and minutes, seconds if need be, and Z or an offset, without which it is local time. */
const date = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** `2026-11-21`, `2026-11-21T10:00Z` or `90m`. A day alone begins in local time. */
export function readInstant(text: string): Date {
  const age = readAge(text);
  const instant = age !== undefined ? new Date(Date.now() - age) : date.test(text) ? parse(text) : undefined;
  if (instant !== undefined && !Number.isNaN(instant.getTime())) return instant;
  throw new InvalidArgumentError(
    "It must be a time such as 2026-11-21T10:00Z, or how long ago, as 90m or 2d.",
  );
}

/** A day alone is UTC to JavaScript, and to nobody else. */
const parse = (text: string): Date => new Date(text.length === 10 ? `${text}T00:00` : text);
