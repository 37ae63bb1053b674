/**
 * Pushed tasks as they came, from their submission until they are in the pipe: one object per batch, payloads in the slab
 * they arrived in. Whatever can happen to a single task here (cancelled, expired) takes it out of the batch: it is *dropped*.
 */
import type { SparseColumn, TaskOptionColumns, Values } from "@tq/common/wire";
import { bytesOfValues, type Piece, prefixOffsets, sizesOfValues } from "@tq/common/wire";

export interface PushBatchContent {
  readonly first: number;
  readonly count: number;
  readonly options: TaskOptionColumns;
  readonly values: Values;
  /** From when the spans in the options count. */
  readonly acceptedAt: number;
}

export class PushBatch {
  readonly first: number;
  readonly count: number;
  readonly options: TaskOptionColumns;
  readonly values: Values;
  /** Where each payload begins in the slab. */
  readonly offsets: Uint32Array;
  /** The bytes of all payloads before each one, attachments included. */
  readonly #sizes: Uint32Array;
  readonly acceptedAt: number;
  /** Position of the first task that is not sent. */
  from = 0;
  /** When the next of its tasks expires. */
  expiresAt: number;
  #dropped: Set<number> | undefined;

  constructor({ first, count, options, values, acceptedAt }: PushBatchContent) {
    this.first = first;
    this.count = count;
    this.options = options;
    this.values = values;
    this.offsets = prefixOffsets(values.lengths);
    this.#sizes = values.attachments === undefined ? this.offsets : prefixOffsets(sizesOfValues(values));
    this.acceptedAt = acceptedAt;
    this.expiresAt = acceptedAt + least(options.expiresMs);
  }

  get end(): number {
    return this.first + this.count;
  }

  get bytes(): number {
    return bytesOfValues(this.values);
  }

  bytesOf(from: number, to: number): number {
    return (this.#sizes[to] ?? 0) - (this.#sizes[from] ?? 0);
  }

  isDropped(index: number): boolean {
    return this.#dropped?.has(index) === true;
  }

  /** False if it was dropped or sent before. */
  drop(index: number): boolean {
    if (index < this.from || this.isDropped(index)) return false;
    this.#dropped ??= new Set();
    this.#dropped.add(index);
    return true;
  }

  /** Positions whose expiry has passed and that are neither dropped nor sent. */
  takeExpired(now: number): number[] {
    if (now < this.expiresAt) return [];
    const expired: number[] = [];
    const { at, values } = this.options.expiresMs ?? nothing;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [place, index] of at.entries()) {
      if (index < this.from || this.isDropped(index)) continue;
      const ms = values[place] ?? Number.POSITIVE_INFINITY;
      if (this.acceptedAt + ms <= now) expired.push(index);
      else nextMs = Math.min(nextMs, ms);
    }
    this.expiresAt = this.acceptedAt + nextMs;
    return expired;
  }

  /** The next tasks that lie side by side, at most so many tasks and bytes; at least one, unless it is dropped. */
  next(tasksMax: number, bytesMax: number): Piece {
    const { from, offsets } = this;
    const limit = Math.min(this.count, from + tasksMax);
    let to = limit;
    if (this.#dropped !== undefined) {
      to = from;
      while (to < limit && !this.isDropped(to)) to += 1;
    }
    if (this.bytesOf(from, to) > bytesMax) {
      to = from + 1;
      while (this.bytesOf(from, to + 1) <= bytesMax) to += 1;
    }
    return { values: this.values, offsets, from, to };
  }
}

const nothing: SparseColumn<number> = { at: [], values: [] };

const least = (column: SparseColumn<number> | undefined): number => {
  let ms = Number.POSITIVE_INFINITY;
  for (const value of column?.values ?? []) ms = Math.min(ms, value);
  return ms;
};
