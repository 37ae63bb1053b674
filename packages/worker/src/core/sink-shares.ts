/**
 * For which sinks a worker is full: results that wait for their commit are bounded, and where there are several sinks each may
 * have its share of that bound only. So a sink that is away for long, or that nobody reads, stops the tasks whose results go
 * there, and not those of the others.
 *
 * Full is said early, so that what has been granted already still finds room; what comes in spite of that, once the share is
 * used up, is given back. With one sink there is nothing to keep apart: the bound itself stops the grants.
 */
import { type FullSink, wireLimits } from "@tq/common/wire";

/** Uncommitted results for one sink, by definition. */
export class SinkLoad {
  readonly tasks: number[];
  readonly bytes: number[];
  /** By definition: no more is wanted; and no more is taken. */
  readonly isFull: boolean[];
  readonly isOver: boolean[];

  constructor(definitions: number) {
    this.tasks = new Array<number>(definitions).fill(0);
    this.bytes = new Array<number>(definitions).fill(0);
    this.isFull = new Array<boolean>(definitions).fill(false);
    this.isOver = new Array<boolean>(definitions).fill(false);
  }

  count(definition: number, tasks: number, bytes: number): void {
    this.tasks[definition] = (this.tasks[definition] ?? 0) + tasks;
    this.bytes[definition] = (this.bytes[definition] ?? 0) + bytes;
  }
}

export interface LoadedSink {
  readonly id: string;
  readonly load: SinkLoad;
}

export interface SinkSharesOptions {
  readonly definitions: number;
  /** Of one definition, over all sinks. */
  readonly tasksMax: number;
  readonly bytesMax: number;
  /** What sinks may have beyond their shares, together, before it is held against all. */
  readonly excessTasksMax: number;
  /** Tasks of a definition that may have been granted and not come yet. */
  readonly windowTasks: (definition: number) => number;
}

export class SinkShares {
  readonly #options: SinkSharesOptions;
  /** All sinks that it is full for; another array whenever that changes. */
  full: readonly FullSink[] = nothingFull;
  /** By definition, what sinks have beyond their shares. */
  readonly #beyond: { tasks: number; bytes: number }[];

  constructor(options: SinkSharesOptions) {
    this.#options = options;
    this.#beyond = Array.from({ length: options.definitions }, () => ({ tasks: 0, bytes: 0 }));
  }

  /**
   * What was running when a share was used up has results, too. They are not held against the other sinks, within limits: else
   * as many slots as the bound would let one sink stop all.
   */
  beyond(definition: number): { readonly tasks: number; readonly bytes: number } {
    return this.#beyond[definition] ?? noLoad;
  }

  /** Looks at the loads. Gives the definitions and sinks whose share has just been used up. */
  refresh<Sink extends LoadedSink>(sinks: readonly Sink[]): { sink: Sink; definition: number }[] {
    const over: { sink: Sink; definition: number }[] = [];
    for (const beyond of this.#beyond) beyond.tasks = beyond.bytes = 0;
    let hasChanged = this.full.some(({ sink }) => sinks.every(({ id }) => id !== sink));
    for (const sink of sinks) {
      for (let definition = 0; definition < this.#options.definitions; definition++) {
        const { load } = sink;
        const wasOver = load.isOver[definition] === true;
        const wasFull = load.isFull[definition] === true;
        this.#look(load, definition, sinks.length);
        if (load.isOver[definition] === true && !wasOver) over.push({ sink, definition });
        if (load.isFull[definition] !== wasFull) hasChanged = true;
      }
    }
    const { excessTasksMax } = this.#options;
    for (const beyond of this.#beyond) beyond.tasks = Math.min(beyond.tasks, excessTasksMax);
    if (hasChanged) this.full = listOf(sinks);
    return over;
  }

  #look(load: SinkLoad, definition: number, sinks: number): void {
    const { tasksMax, bytesMax, windowTasks } = this.#options;
    if (sinks < 2) {
      load.isFull[definition] = false;
      load.isOver[definition] = false;
      return;
    }
    const tasks = load.tasks[definition] ?? 0;
    const bytes = load.bytes[definition] ?? 0;
    const share = Math.max(1, Math.floor(tasksMax / sinks));
    const bytesShare = Math.max(1, Math.floor(bytesMax / sinks));
    // At full speed some thousand results are on their way to their commit: with half of the default share they still are.
    const fullAt = Math.max(1, share - windowTasks(definition), Math.floor(share / 2));
    const bytesFullAt = Math.max(1, Math.floor(bytesShare / 2));
    load.isOver[definition] = tasks >= share || bytes >= bytesShare;
    const beyond = this.#beyond[definition];
    if (beyond !== undefined) {
      beyond.tasks += Math.max(0, tasks - share);
      beyond.bytes += Math.max(0, bytes - bytesShare);
    }
    // Half of it must have gone before it is wanted again: else each commit would be a word to all ventilators.
    load.isFull[definition] =
      load.isFull[definition] === true
        ? tasks > fullAt / 2 || bytes > bytesFullAt / 2
        : tasks >= fullAt || bytes >= bytesFullAt;
  }
}

/** Not more than fit into a message: what is left out is given back when it comes. */
const listOf = (sinks: readonly LoadedSink[]): FullSink[] =>
  sinks
    .flatMap(({ id, load }) =>
      [...load.isFull.entries()].flatMap(([definition, isFull]) =>
        isFull ? [{ definition, sink: id }] : [],
      ),
    )
    .slice(0, wireLimits.fullSinksMax);

const noLoad = { tasks: 0, bytes: 0 };

/** As things stand before anything was said. */
export const nothingFull: readonly FullSink[] = [];
