/**
 * Lists of task ids as runs of consecutive seqs: built id by id, read run by run.
 *
 * Tasks are handed out, finished and acknowledged mostly in the order they were submitted, so a batch of a thousand ids
 * is one run, and costs what one id costs.
 */
import type { IdRuns, Origin, SparseColumn } from "../wire/index.ts";

export const noIds: IdRuns = { origins: [], runs: [] };

export const countIds = (ids: IdRuns): number => {
  let count = 0;
  for (let index = 2; index < ids.runs.length; index += 3) count += ids.runs[index] ?? 0;
  return count;
};

/** One run. */
export const idRun = (origin: Origin, first: number, count: number): IdRuns => ({
  origins: [origin],
  runs: [0, first, count],
});

/** Consecutive seqs of one origin. */
export interface IdRun {
  readonly origin: Origin;
  readonly first: number;
  readonly count: number;
}

/** A run with the position of its first id in the list. */
export interface PlacedRun extends IdRun {
  readonly position: number;
}

/** Visits each run, in order. */
export const forEachRun = (ids: IdRuns, visit: (run: PlacedRun) => void): void => {
  const { origins, runs } = ids;
  let position = 0;
  for (let index = 0; index + 2 < runs.length; index += 3) {
    const origin = origins[runs[index] ?? -1];
    const first = runs[index + 1];
    const count = runs[index + 2];
    if (origin === undefined || first === undefined || count === undefined) return;
    visit({ origin, first, count, position });
    position += count;
  }
};

/** Visits each id with its position in the list. */
export const forEachId = (
  ids: IdRuns,
  visit: (origin: Origin, seq: number, position: number) => void,
): void => {
  forEachRun(ids, ({ origin, first, count, position }) => {
    for (let offset = 0; offset < count; offset++) visit(origin, first + offset, position + offset);
  });
};

export class IdRunsBuilder {
  #origins: Origin[] = [];
  #runs: number[] = [];
  #originIndex = -1;
  /** The seq that would lengthen the last run. */
  #next = -1;
  count = 0;

  add(origin: Origin, seq: number): void {
    this.addRun(origin, seq, 1);
  }

  addRun(origin: Origin, first: number, count: number): void {
    this.count += count;
    if (first === this.#next && this.#origins[this.#originIndex] === origin) {
      const last = this.#runs.length - 1;
      this.#runs[last] = (this.#runs[last] ?? 0) + count;
    } else {
      if (this.#origins[this.#originIndex] !== origin) this.#selectOrigin(origin);
      this.#runs.push(this.#originIndex, first, count);
    }
    this.#next = first + count;
  }

  addAll(ids: IdRuns): void {
    forEachRun(ids, ({ origin, first, count }) => this.addRun(origin, first, count));
  }

  /** What was added since the last `take`. */
  take(): IdRuns {
    const ids = { origins: this.#origins, runs: this.#runs };
    this.#origins = [];
    this.#runs = [];
    this.#originIndex = -1;
    this.#next = -1;
    this.count = 0;
    return ids;
  }

  #selectOrigin(origin: Origin): void {
    this.#originIndex = this.#origins.indexOf(origin);
    if (this.#originIndex === -1) this.#originIndex = this.#origins.push(origin) - 1;
  }
}

/** Collects a sparse column in ascending positions. */
export class SparseBuilder<V> {
  #at: number[] = [];
  #values: V[] = [];

  add(position: number, value: V): void {
    this.#at.push(position);
    this.#values.push(value);
  }

  /** Nothing if no task had a value. Starts anew. */
  take(): SparseColumn<V> | undefined {
    if (this.#at.length === 0) return undefined;
    const column = { at: this.#at, values: this.#values };
    this.#at = [];
    this.#values = [];
    return column;
  }
}

/** Reads a sparse column in ascending positions. */
export class SparseReader<V> {
  readonly #column: SparseColumn<V> | undefined;
  #index = 0;

  constructor(column: SparseColumn<V> | undefined) {
    this.#column = column;
  }

  /** The value at `position`; positions must not fall from call to call. */
  at(position: number): V | undefined {
    const column = this.#column;
    if (column === undefined) return undefined;
    while ((column.at[this.#index] ?? Number.POSITIVE_INFINITY) < position) this.#index += 1;
    return column.at[this.#index] === position ? column.values[this.#index] : undefined;
  }
}
