/** One event as one line: JSON for programs, words for people. */
import { styleText } from "node:util";
import type { TqEvent } from "@tq/events";
import { harmless } from "../output/harmless.ts";
import { toJsonValue } from "../output/json-value.ts";

export type EventStyle = "json" | "people";

export function formatEvent(event: TqEvent, style: EventStyle): string {
  if (style === "json") return `${JSON.stringify(toJsonValue(event))}\n`;
  const { type, at, source, ...fields } = event;
  const shown = event.type === "snapshot" ? { ...event.state.totals } : fields;
  const time = dim(timeOf(at));
  return `${time} ${emphasis(type)} ${dim(`${source.role} ${harmless(source.name)}`)}${harmless(words(shown))}\n`;
}

/** `styleText` leaves colours out where `NO_COLOR` says so, and where nobody can see them. */
const dim = (text: string): string => styleText("dim", text, { stream: process.stdout });
const emphasis = (text: string): string => styleText("cyan", text, { stream: process.stdout });

/** Local time of day, as a log on the same screen has it. */
function timeOf(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** ` key=value` for each field. */
function words(fields: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) text += ` ${name}=${oneWord(value)}`;
  }
  return text;
}

function oneWord(value: unknown): string {
  if (typeof value === "string") return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(toJsonValue(value)) ?? String(value);
}
