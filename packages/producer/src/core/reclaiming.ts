/**
 * What another start of a ventilator is asked for: all that the one before had accepted and that is not settled. With a
 * journal it has most of that, and says which it has not.
 */
import { countIds } from "@tq/common/protocol";
import { type IdRuns, type Reclaimed, wireLimits } from "@tq/common/wire";
import type { KeptBatch } from "./slice-batch.ts";
import { splitIds } from "./split-ids.ts";
import type { TaskBook } from "./task-book.ts";

/** What came of all that was asked for. Numbers of tasks. */
export interface ReclaimTotals {
  readonly kept: number;
  readonly ended: number;
  readonly resubmitted: number;
}

export class Reclaiming {
  readonly #book: TaskBook;
  /** Answered in this order, one by one. */
  #asked: IdRuns[] = [];
  #totals = { kept: 0, ended: 0, resubmitted: 0 };

  constructor(book: TaskBook) {
    this.#book = book;
  }

  /** A fresh session: what is to be asked in it, a message each. */
  begin(): readonly IdRuns[] {
    const ids = this.#book.reclaiming();
    this.#asked = ids.runs.length === 0 ? [] : splitIds(ids, wireLimits.idsPerMessageMax);
    this.#totals = { kept: 0, ended: 0, resubmitted: 0 };
    return this.#asked;
  }

  /** An answer; undefined if nothing was asked. `totals`: with the last one. */
  answered(
    message: Pick<Reclaimed, "ended" | "unknown">,
  ): { ended: IdRuns; again: readonly KeptBatch[]; totals: ReclaimTotals | undefined } | undefined {
    const asked = this.#asked.shift();
    if (asked === undefined) return undefined;
    const ended = this.#book.reclaimed(message.ended);
    const unknown = this.#book.reclaimed(message.unknown);
    const kept = this.#book.reclaimed(asked);
    const again = this.#book.unknown(unknown);
    this.#totals.kept += countIds(kept);
    this.#totals.ended += countIds(ended);
    this.#totals.resubmitted += again.reduce((tasks, { ids }) => tasks + countIds(ids), 0);
    return { ended, again, totals: this.#asked.length === 0 ? this.#totals : undefined };
  }
}
