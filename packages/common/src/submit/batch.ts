/**
 * Tasks of one definition that were submitted together, from their encoding until they are handed over.
 *
 * Values are encoded when they are submitted, so a caller may change its object afterwards, and one that cannot be
 * encoded is refused alone. Ids are given only at the hand-over, when it is known to which owner they go.
 */
import type { Reply } from "../protocol/index.ts";
import { SparseBuilder } from "../protocol/index.ts";
import type { DefinitionInfo, TaskOptionColumns, Values, ValuesEncoder } from "../wire/index.ts";
import { noOptions, prefixOffsets, sizesOfValues, sliceValues, wireLimits } from "../wire/index.ts";
import type { TaskSettings } from "./call-options.ts";
import { submitLimits } from "./limits.ts";

/** What a batch must know of whoever waits for its tasks. */
export interface Wanting {
  /** What goes along with each of its tasks. */
  readonly settings: TaskSettings | undefined;
  /** Asked when a task is about to be handed over: its call may have ended meanwhile. */
  wants(slot: number): boolean;
}

/** Where tasks of one definition with one kind of reply gather. */
export interface Lane<C extends Wanting> {
  readonly definition: DefinitionInfo;
  readonly reply: Reply;
  readonly encoder: ValuesEncoder;
  /** Its tasks have idempotency keys, which choose their owners. */
  readonly isKeyed?: boolean;
  /** The batch that the next task joins. */
  gathering: Batch<C> | undefined;
}

/** Consecutive tasks of a batch, as they can be handed over. */
export interface Cut {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

interface Sealed {
  readonly values: Values;
  /** Where each value begins in the slab. */
  readonly offsets: Uint32Array;
  /** The bytes of all before each value, attachments included. */
  readonly sizes: Uint32Array;
}

export class Batch<C extends Wanting> {
  readonly lane: Lane<C>;
  readonly consumers: C[] = [];
  readonly slots: number[] = [];
  /** When each task was added; only if some have settings. */
  #addedAt: number[] | undefined;
  #sealed: Sealed | undefined;
  #from = 0;

  constructor(lane: Lane<C>) {
    this.lane = lane;
  }

  /** Position of the first task that was not handed over. */
  get firstLeft(): number {
    return this.#from;
  }

  /** Tasks not handed over. */
  get tasksLeft(): number {
    return this.consumers.length - this.#from;
  }

  get bytesLeft(): number {
    if (this.#sealed === undefined) return this.lane.encoder.bytes;
    const { sizes } = this.#sealed;
    return (sizes[this.consumers.length] ?? 0) - (sizes[this.#from] ?? 0);
  }

  /** The lane's encoder has just taken the value of this task. */
  add(consumer: C, slot: number, now: number): void {
    const position = this.consumers.push(consumer) - 1;
    this.slots.push(slot);
    if (consumer.settings !== undefined) {
      this.#addedAt ??= [];
      this.#addedAt[position] = now;
    }
    const isFull =
      position + 1 >= submitLimits.batchTasksMax || this.lane.encoder.bytes >= submitLimits.batchBytesMax;
    if (isFull) this.seal();
  }

  /** Nothing joins it any more. */
  seal(): Sealed {
    if (this.#sealed === undefined) {
      const values = this.lane.encoder.take();
      const offsets = prefixOffsets(values.lengths);
      const sizes = values.attachments === undefined ? offsets : prefixOffsets(sizesOfValues(values));
      this.#sealed = { values, offsets, sizes };
      this.lane.gathering = undefined;
    }
    return this.#sealed;
  }

  /** Whether somebody still wants one of its tasks. */
  isWanted(): boolean {
    for (let at = this.#from; at < this.consumers.length; at++) {
      if (this.consumers[at]?.wants(this.slots[at] ?? 0) === true) return true;
    }
    return false;
  }

  /** The next task that is still wanted. */
  next(): C | undefined {
    while (this.#from < this.consumers.length && !this.#isWantedAt(this.#from)) this.#from += 1;
    return this.consumers[this.#from];
  }

  /**
   * The next tasks that are still wanted, without a gap, as many as the credit allows; nothing if none is left. While byte
   * credit is above zero one more task may go, as everywhere, or a value larger than the window would wait for ever. It ends
   * before the first that does not fit.
   */
  cut(tasks: number, bytes: number, fits: (consumer: C) => boolean = all): Cut | undefined {
    const { sizes } = this.seal();
    const count = this.consumers.length;
    let from = this.#from;
    while (from < count && !this.#isWantedAt(from)) from += 1;
    const start = sizes[from] ?? 0;
    let to = from;
    while (to < count && to - from < tasks && (sizes[to] ?? 0) - start < bytes && this.#isWantedAt(to)) {
      if (to > from && (sizes[to + 1] ?? 0) - start > wireLimits.bodyBytesMax) break;
      const consumer = this.consumers[to];
      if (consumer !== undefined && !fits(consumer)) break;
      to += 1;
    }
    this.#from = to;
    return to === from ? undefined : { from, to, bytes: (sizes[to] ?? 0) - start };
  }

  values({ from, to }: Cut): Values {
    const { values, offsets } = this.seal();
    return sliceValues({ values, offsets, from, to });
  }

  /** The columns of a cut. Spans count from the submission: what has passed of them here is taken off. */
  options({ from, to }: Cut, now: number): TaskOptionColumns {
    const addedAt = this.#addedAt;
    if (addedAt === undefined) return noOptions;
    const columns = new OptionColumns();
    for (let at = from; at < to; at++) {
      const settings = this.consumers[at]?.settings;
      if (settings !== undefined) columns.add(at - from, settings, Math.floor(now - (addedAt[at] ?? now)));
    }
    return columns.take();
  }

  #isWantedAt(at: number): boolean {
    return this.consumers[at]?.wants(this.slots[at] ?? 0) === true;
  }
}

const all = (): boolean => true;

class OptionColumns {
  readonly #priority = new SparseBuilder<number>();
  readonly #notBeforeMs = new SparseBuilder<number>();
  readonly #expiresMs = new SparseBuilder<number>();
  readonly #timeoutMs = new SparseBuilder<number>();
  readonly #traceparent = new SparseBuilder<string>();
  readonly #key = new SparseBuilder<string>();
  readonly #keyKeptMs = new SparseBuilder<number>();

  add(position: number, settings: TaskSettings, waitedMs: number): void {
    const { priority, delayMs, expiresMs, attemptTimeoutMs, traceparent } = settings;
    const { idempotencyKey, keepForMs } = settings;
    if (priority !== undefined) this.#priority.add(position, priority);
    if (delayMs !== undefined && delayMs > waitedMs) this.#notBeforeMs.add(position, delayMs - waitedMs);
    if (expiresMs !== undefined) this.#expiresMs.add(position, Math.max(1, expiresMs - waitedMs));
    if (attemptTimeoutMs !== undefined) this.#timeoutMs.add(position, attemptTimeoutMs);
    if (traceparent !== undefined) this.#traceparent.add(position, traceparent);
    if (idempotencyKey !== undefined) this.#key.add(position, idempotencyKey);
    if (keepForMs !== undefined) this.#keyKeptMs.add(position, keepForMs);
  }

  take(): TaskOptionColumns {
    const columns = {
      priority: this.#priority.take(),
      notBeforeMs: this.#notBeforeMs.take(),
      expiresMs: this.#expiresMs.take(),
      timeoutMs: this.#timeoutMs.take(),
      key: this.#key.take(),
      keyKeptMs: this.#keyKeptMs.take(),
      traceparent: this.#traceparent.take(),
    };
    return Object.fromEntries(Object.entries(columns).filter(([, column]) => column !== undefined));
  }
}
