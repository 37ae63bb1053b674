/**
 * The source's side: numbers events per type, and gathers neighbouring ones of a type into one batch.
 *
 * Numbers grow only while somebody wants a type. That is enough: who begins to listen gets the numbers as they are then,
 * with the snapshot. Batches keep the order in which events were reported, over all types.
 */
import type { EventEntry } from "./event.ts";
import { eventCount, type NextNumbers } from "./event-codec.ts";
import { eventLimits } from "./limits.ts";

/** Neighbouring events of one type, and the number of the first. */
export interface NumberedEntries {
  readonly type: string;
  readonly first: number;
  readonly entries: readonly EventEntry[];
}

export class EventNumbering {
  readonly #next = new Map<string, number>();
  #gathered: { type: string; first: number; entries: EventEntry[] }[] = [];
  #textChars = 0;

  get isEmpty(): boolean {
    return this.#gathered.length === 0;
  }

  add(entry: EventEntry): void {
    const { type } = entry;
    const number = this.#next.get(type) ?? 1;
    this.#next.set(type, number + eventCount(entry));
    const last = this.#gathered.at(-1);
    const isFull =
      last === undefined ||
      last.type !== type ||
      last.entries.length >= eventLimits.entriesPerMessageMax ||
      this.#textChars >= eventLimits.textCharsPerMessageMax;
    if (isFull) {
      this.#gathered.push({ type, first: number, entries: [entry] });
      this.#textChars = 0;
    } else last.entries.push(entry);
    this.#textChars += textCharsOf(entry);
  }

  take(): readonly NumberedEntries[] {
    const taken = this.#gathered;
    this.#gathered = [];
    this.#textChars = 0;
    return taken;
  }

  /** What the next event of each type will have. */
  next(): NextNumbers {
    return Object.fromEntries(this.#next);
  }
}

/** A guess, so that nobody has to add up the names of all tasks of all workers. */
const taskNameChars = 32;

/** What can be long: messages and reasons of errors and of strangers. */
function textCharsOf(entry: EventEntry): number {
  let chars = 0;
  if ("error" in entry) chars += entry.error?.message.length ?? 0;
  if ("message" in entry) chars += entry.message.length;
  if ("reason" in entry) chars += entry.reason.length;
  if ("tasks" in entry && Array.isArray(entry.tasks)) chars += entry.tasks.length * taskNameChars;
  return chars;
}
