/**
 * How much of each definition is granted ahead: as much as this worker does in some milliseconds, shared by the
 * ventilators that are there.
 *
 * The rate is measured on a clock of work: it stands still while there is none, except for a short gap, so that neither
 * a quiet hour nor a slow network makes a definition look slow.
 */
import { WindowTuner } from "@tq/common/protocol";
import type { GrantBook } from "./grant-book.ts";
import { coreLimits, sharesOf, type WorkerLimits } from "./limits.ts";

interface DefinitionWindow {
  readonly tuner: WindowTuner;
  workMs: number;
  lookedAt: number;
  wasIdle: boolean;
  settled: number;
  isTouched: boolean;
}

export interface WindowsOptions {
  readonly slots: number;
  readonly definitions: number;
  readonly limits: WorkerLimits;
  /** Whether there is work of this definition in hand. */
  readonly isIdle: (definition: number) => boolean;
  /** Uncommitted results of a definition. */
  readonly uncommitted: (definition: number) => { readonly tasks: number; readonly bytes: number };
}

/** Whether this book, by its index, is to get nothing more of this definition. Touch what is open again. */
export type IsClosed = (book: number, definition: number) => boolean;

const neverClosed: IsClosed = () => false;

export class Windows {
  readonly #windows: DefinitionWindow[];
  readonly #options: WindowsOptions;
  readonly #uncommittedTasksMax: number;
  /** Definitions of which something was received, settled or committed since the last refill. */
  #touched: number[] = [];

  constructor(options: WindowsOptions) {
    const { windowTasksMax: maxTasks, uncommittedTasksMax } = sharesOf(options.limits, options);
    const minTasks = Math.min(options.slots, maxTasks);
    this.#options = options;
    this.#uncommittedTasksMax = uncommittedTasksMax;
    this.#windows = Array.from({ length: options.definitions }, () => ({
      tuner: new WindowTuner({ targetMs: coreLimits.windowTargetMs, minTasks, maxTasks }),
      workMs: 0,
      lookedAt: 0,
      wasIdle: true,
      settled: 0,
      isTouched: false,
    }));
  }

  /** The present window of a definition, over all ventilators. */
  tasksOf(definition: number): number {
    return this.#windows[definition]?.tuner.tasks ?? 0;
  }

  touch(definition: number): void {
    const window = this.#windows[definition];
    if (window === undefined || window.isTouched) return;
    window.isTouched = true;
    this.#touched.push(definition);
  }

  /** Ventilators came or went: every share is another. */
  touchAll(): void {
    for (const definition of this.#windows.keys()) this.touch(definition);
  }

  /** A handler of this definition has settled. */
  settled(definition: number): void {
    const window = this.#windows[definition];
    if (window === undefined) return;
    window.settled += 1;
    if (!window.isTouched) this.touch(definition);
  }

  /**
   * Measures, and grants what there is room for, except where it is closed. Gives, for each book, the definitions whose
   * grants should be said now.
   */
  refill(now: number, books: readonly GrantBook[], isClosed: IsClosed = neverClosed): number[][] {
    const news = books.map((): number[] => []);
    const touched = this.#touched;
    if (touched.length === 0) return news;
    this.#touched = [];
    for (const definition of touched) {
      this.#measure(now, definition);
      if (this.#isFull(definition)) continue;
      const { tasks, bytes } = this.#shareOf(definition, books.length);
      for (const [index, book] of books.entries()) {
        if (!isClosed(index, definition) && book.refill(definition, tasks, bytes))
          news[index]?.push(definition);
      }
    }
    return news;
  }

  #measure(now: number, definition: number): void {
    const window = this.#windows[definition];
    if (window === undefined) return;
    const passedMs = now - window.lookedAt;
    window.workMs += window.wasIdle ? Math.min(passedMs, coreLimits.idleGapMsMax) : passedMs;
    window.tuner.settled(window.workMs, window.settled, true);
    window.lookedAt = now;
    window.wasIdle = this.#options.isIdle(definition);
    window.settled = 0;
    window.isTouched = false;
  }

  #isFull(definition: number): boolean {
    const { tasks, bytes } = this.#options.uncommitted(definition);
    return tasks >= this.#uncommittedTasksMax || bytes >= this.#options.limits.uncommittedBytesMax;
  }

  #shareOf(definition: number, ventilators: number): { tasks: number; bytes: number } {
    const open = Math.max(1, ventilators);
    return {
      tasks: Math.max(1, Math.floor(this.tasksOf(definition) / open)),
      bytes: Math.max(1, Math.floor(this.#options.limits.windowBytesMax / open)),
    };
  }
}
