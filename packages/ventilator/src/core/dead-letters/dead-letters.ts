/**
 * The tasks that failed for good, in the order of their ends, until somebody retries or discards them.
 *
 * Bounded, by number and by bytes: a broken handler is no reason to run out of memory or disk, and of ten thousand failures
 * the oldest teach no more than the latest. What is dropped is counted and said.
 */
import type { VentilatorEvent } from "../events.ts";
import type { JournaledDeadLetter } from "../journal/journal-port.ts";
import type { VentilatorLimits } from "../limits.ts";
import { bytesOfLetter, type DeadLetter, idOfLetter } from "./dead-letter.ts";
import { letterFrom, recordOf } from "./dead-letter-record.ts";

/** What a journal is told. */
export interface DeadLetterRecorder {
  keepDeadLetter(letter: JournaledDeadLetter): void;
  removeDeadLetter(id: string): void;
}

export interface DeadLetterParts {
  readonly limits: Pick<VentilatorLimits, "deadLettersMax" | "deadLetterBytesMax">;
  readonly report: (event: VentilatorEvent) => void;
  /** Absent without a journal. */
  readonly recorder?: DeadLetterRecorder | undefined;
}

export interface KeptLetter {
  /** Its place: a later one has a higher number. */
  readonly number: number;
  readonly letter: DeadLetter;
  readonly bytes: number;
  /** A new task was made of it that is not accepted yet. */
  isRetrying: boolean;
}

export interface LetterFilter {
  readonly task?: string | undefined;
  readonly outcome?: "failed" | "dead" | undefined;
  /** Only those with a higher number. */
  readonly after?: number | undefined;
  /** None with a higher number. */
  readonly upTo?: number | undefined;
}

/** Numbers of dead letters. */
export interface DeadLetterStats {
  /** Kept now. */
  readonly kept: number;
  /** Bytes of these, roughly. */
  readonly bytes: number;
  /** Let go of since the start, for want of room. */
  readonly dropped: number;
}

export class DeadLetters {
  readonly #parts: DeadLetterParts;
  /** By id, in the order of their numbers. */
  readonly #letters = new Map<string, KeptLetter>();
  #bytes = 0;
  #dropped = 0;
  #lastNumber = 0;

  constructor(parts: DeadLetterParts) {
    this.#parts = parts;
  }

  get stats(): DeadLetterStats {
    return { kept: this.#letters.size, bytes: this.#bytes, dropped: this.#dropped };
  }

  /** The number of the latest one. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  add(letter: DeadLetter): void {
    this.#parts.recorder?.keepDeadLetter(recordOf(letter));
    this.#add(letter);
    this.#dropBeyondLimits();
  }

  /** What a journal kept. More than there is room for is dropped there, too. */
  restore(records: readonly JournaledDeadLetter[]): void {
    const letters = records.map(letterFrom).sort((one, other) => one.endedAt - other.endedAt);
    for (const letter of letters) this.#add(letter);
    this.#dropBeyondLimits();
  }

  find(id: string): KeptLetter | undefined {
    return this.#letters.get(id);
  }

  remove(id: string): boolean {
    const kept = this.#letters.get(id);
    if (kept === undefined) return false;
    this.#letters.delete(id);
    this.#bytes -= kept.bytes;
    this.#parts.recorder?.removeDeadLetter(id);
    return true;
  }

  /** The first `max` of those that match, and whether there are more. */
  page(
    filter: LetterFilter,
    max: number,
  ): { readonly letters: readonly KeptLetter[]; readonly hasMore: boolean } {
    const { task, outcome, after = 0, upTo = Number.POSITIVE_INFINITY } = filter;
    const letters: KeptLetter[] = [];
    for (const kept of this.#letters.values()) {
      const { number, letter } = kept;
      if (number <= after) continue;
      if (number > upTo) break;
      if (task !== undefined && letter.task !== task) continue;
      if (outcome !== undefined && letter.outcome !== outcome) continue;
      if (letters.length === max) return { letters, hasMore: true };
      letters.push(kept);
    }
    return { letters, hasMore: false };
  }

  #add(letter: DeadLetter): void {
    const id = idOfLetter(letter);
    // The same task again: it ended while its end was not synced.
    this.#bytes -= this.#letters.get(id)?.bytes ?? 0;
    this.#letters.delete(id);
    this.#lastNumber += 1;
    const kept = { number: this.#lastNumber, letter, bytes: bytesOfLetter(letter), isRetrying: false };
    this.#letters.set(id, kept);
    this.#bytes += kept.bytes;
  }

  #dropBeyondLimits(): void {
    const { deadLettersMax, deadLetterBytesMax } = this.#parts.limits;
    for (const id of this.#letters.keys()) {
      const { size } = this.#letters;
      if (size <= 1 || (size <= deadLettersMax && this.#bytes <= deadLetterBytesMax)) return;
      this.remove(id);
      this.#dropped += 1;
      if (Number.isInteger(Math.log2(this.#dropped)))
        this.#parts.report({ type: "dead-letters.dropped", dropped: this.#dropped, kept: size - 1 });
    }
  }
}
