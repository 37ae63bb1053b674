/**
 * The tasks of one map that are under way: a row per slot, as columns. No object per task, since a map may run ten
 * million of them.
 */
import type { Origin } from "../wire/index.ts";
import type { Handed } from "./call-errors.ts";

/**
 * free → read (its input is being checked) → queued → handed (an owner has it) → completed · unsuccessful · broken (no outcome:
 * `value` is why) · fatal (the same, for a reason that holds for every other input, too). Free again when it is yielded;
 * `dropped` if nobody wants it any more.
 */
export const slotState = {
  free: 0,
  read: 1,
  queued: 2,
  handed: 3,
  completed: 4,
  unsuccessful: 5,
  broken: 6,
  fatal: 7,
  dropped: 8,
} as const;

/** What is known of a task of a map besides how it ended. */
export interface MappedTask {
  /** The definition's name. */
  readonly name: string;
  /** Place of its input. */
  readonly index: number;
  /** Absent if it never left this process. */
  readonly handed: Handed | undefined;
  /** Number of the attempt that ended it; 0 if none did. */
  readonly attempt: number;
}

export class MapSlots {
  readonly count: number;
  readonly states: Uint8Array;
  /** Place of the input. */
  readonly indexes: Float64Array;
  readonly seqs: Float64Array;
  readonly origins: (Origin | undefined)[];
  /** Number of the attempt that ended it; 0 if none did. */
  readonly attempts: Float64Array;
  /** Until when its outcome is waited for. */
  readonly dueAts: Float64Array;
  /** Raw output, `Unsuccessful`, or the error, by state. */
  readonly values: unknown[];

  constructor(count: number) {
    this.count = count;
    this.states = new Uint8Array(count);
    this.indexes = new Float64Array(count);
    this.seqs = new Float64Array(count);
    this.origins = new Array<Origin | undefined>(count).fill(undefined);
    this.attempts = new Float64Array(count);
    this.dueAts = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    this.values = new Array<unknown>(count).fill(undefined);
  }

  claim(slot: number, index: number): void {
    this.states[slot] = slotState.read;
    this.indexes[slot] = index;
    this.origins[slot] = undefined;
    this.attempts[slot] = 0;
  }

  /** Whether nothing has come of the task yet. */
  isPending(slot: number): boolean {
    const state = this.states[slot];
    return state === slotState.read || state === slotState.queued || state === slotState.handed;
  }

  end(slot: number, state: number, value: unknown): void {
    this.states[slot] = state;
    this.values[slot] = value;
  }

  release(slot: number): void {
    this.states[slot] = slotState.free;
    this.values[slot] = undefined;
  }

  /** Nothing will be yielded any more, but somebody may keep the map for as long as they like. */
  letGo(): void {
    this.values.fill(undefined);
  }
}
