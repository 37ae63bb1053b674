/**
 * Which tasks are *moved in doubt*: one sink may have committed them, and another was given them. The only way to commit
 * a task twice, once in each store; so it is counted, and the ids are kept for whoever has to look.
 *
 * Ids are kept as ranges, and a bounded number of those: the oldest are forgotten first, the count is not.
 */
import type { Origin } from "@tq/common/wire";
import type { JournaledDoubt } from "./journal/journal-port.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";

/** Ranges that are kept. A sink that is gone leaves a few per batch that was under way. Raised: memory, 100 bytes each. */
export const doubtRangesMax = 10_000;
/** Ranges that one event names: it is a line of a log, too. */
const rangesPerNews = 100;

/** Tasks that may have been committed at `sink` and were then given to another one. */
export interface Doubt {
  readonly origin: Origin;
  readonly first: number;
  readonly count: number;
  /** Id of the sink that may have committed them; undefined: not known. */
  readonly sink: string | undefined;
}

/** What is said aloud at a time. */
export interface DoubtNews {
  readonly tasks: number;
  readonly doubts: readonly Doubt[];
}

/** Hears of each range that is new, grown or forgotten. */
export interface DoubtListener {
  kept(doubt: JournaledDoubt): void;
  forgotten(number: number): void;
}

export class SinkDoubts {
  /** Tasks so far, those included whose range was forgotten. */
  total = 0;
  listener: DoubtListener | undefined;
  readonly #now: () => number;
  readonly #ranges = new Map<number, JournaledDoubt>();
  #last: JournaledDoubt | undefined;
  #nextNumber = 1;
  /** Not reported yet: as many ranges as are kept, and how many tasks in all. */
  #news: Doubt[] = [];
  #newTasks = 0;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(doubt: Doubt): void {
    this.total += doubt.count;
    const at = this.#now();
    this.#newTasks += doubt.count;
    const lastNews = this.#news.at(-1);
    if (lastNews !== undefined && goesOn(lastNews, doubt)) {
      this.#news[this.#news.length - 1] = { ...lastNews, count: lastNews.count + doubt.count };
    } else if (this.#news.length < doubtRangesMax) this.#news.push(doubt);
    const last = this.#last;
    this.#keep(
      last !== undefined && goesOn(last, doubt)
        ? { ...last, count: last.count + doubt.count, at }
        : { ...doubt, number: this.#nextNumber, at },
    );
  }

  /** All tasks of a batch that are not settled. */
  addUnsettled(batch: TaskBatch, sink: string | undefined): void {
    let from = 0;
    for (let index = 0; index <= batch.count; index++) {
      if (index < batch.count && batch.state[index] !== taskState.settled) continue;
      if (index > from) {
        this.add({ origin: batch.origin, first: batch.first + from, count: index - from, sink });
      }
      from = index + 1;
    }
  }

  /** What is to be said aloud, once: every range; where they are too many, a number of tasks without ranges comes last. */
  takeNews(): readonly DoubtNews[] {
    const news: DoubtNews[] = [];
    let left = this.#newTasks;
    for (let from = 0; from < this.#news.length; from += rangesPerNews) {
      const doubts = this.#news.slice(from, from + rangesPerNews);
      const tasks = doubts.reduce((sum, { count }) => sum + count, 0);
      news.push({ tasks, doubts });
      left -= tasks;
    }
    if (left > 0) news.push({ tasks: left, doubts: [] });
    this.#news = [];
    this.#newTasks = 0;
    return news;
  }

  /** What an earlier start knew. */
  restore(doubts: readonly JournaledDoubt[]): void {
    for (const doubt of [...doubts].sort((a, b) => a.number - b.number)) {
      this.total += doubt.count;
      this.#ranges.set(doubt.number, doubt);
      this.#nextNumber = doubt.number + 1;
    }
  }

  /** The oldest first, at most `limit` of those after number `after`. */
  list(options: { readonly limit?: number; readonly after?: number } = {}): readonly JournaledDoubt[] {
    const { limit = 1_000, after = 0 } = options;
    const found: JournaledDoubt[] = [];
    for (const doubt of this.#ranges.values()) {
      if (found.length >= limit) break;
      if (doubt.number > after) found.push(doubt);
    }
    return found;
  }

  #keep(doubt: JournaledDoubt): void {
    this.#last = doubt;
    this.#ranges.set(doubt.number, doubt);
    this.#nextNumber = doubt.number + 1;
    this.listener?.kept(doubt);
    for (const oldest of this.#ranges.keys()) {
      if (this.#ranges.size <= doubtRangesMax) break;
      this.#ranges.delete(oldest);
      this.listener?.forgotten(oldest);
    }
  }
}

function goesOn(last: Doubt, doubt: Doubt): boolean {
  return last.origin === doubt.origin && last.sink === doubt.sink && last.first + last.count === doubt.first;
}
