/** Notices, by their numbers, which events of one source did not arrive. One per source and reader. */
import type { NextNumbers } from "./event-codec.ts";
import { eventLimits } from "./limits.ts";
import { isChosen } from "./topics.ts";

export interface Missed {
  readonly topic: string;
  readonly count: number;
}

export class GapTracker {
  readonly #topics: readonly string[];
  readonly #next = new Map<string, number>();

  constructor(topics: readonly string[]) {
    this.#topics = topics;
  }

  /** How many of these events are missing before them, and how many of them were here already. */
  receive(type: string, first: number, count: number): { missed: number; known: number } {
    const expected = this.#next.get(type) ?? 1;
    this.#set(type, Math.max(expected, first + count));
    return { missed: Math.max(0, first - expected), known: Math.min(count, Math.max(0, expected - first)) };
  }

  /** The source has come so far. What was chosen and has not arrived never will. */
  mark(next: NextNumbers): Missed[] {
    const missed: Missed[] = [];
    for (const [type, number] of Object.entries(next)) {
      const expected = this.#next.get(type) ?? 1;
      if (number <= expected || !isChosen(type, this.#topics)) continue;
      missed.push({ topic: type, count: number - expected });
      this.#set(type, number);
    }
    return missed;
  }

  /** Everything up to there is told in another way. */
  skipTo(next: NextNumbers): void {
    for (const [type, number] of Object.entries(next)) this.#set(type, number);
  }

  #set(type: string, number: number): void {
    if (this.#next.has(type) || this.#next.size < eventLimits.topicsMax) this.#next.set(type, number);
  }
}
