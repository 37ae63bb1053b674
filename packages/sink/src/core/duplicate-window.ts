/**
 * Which task ids have an outcome already: what makes a result that comes twice count once.
 *
 * Per origin it keeps ranges of seqs, committed and pending (offered, not yet committed), above a low mark; so it costs
 * what the gaps cost, not what the tasks cost. That a task completed is the rule and takes no memory of its own; any
 * other outcome does, one entry each.
 *
 * Only a ventilator's word lets it forget: a low mark, or that an origin is closed. Ids below the mark and of closed
 * origins count as completed: whoever still offers them only has to let go. Pending ids outlive both, because somebody
 * waits for what they come to.
 */
import type { Origin, OutcomeStatus } from "@tq/common";
import { type IdRun, SeqSet } from "@tq/common/protocol";

/** What stands for an id that is offered: nothing yet, an offer before this one, or an outcome. */
export type Standing = "fresh" | "pending" | OutcomeStatus;

/** What a store gives back after a restart. */
export interface WindowSnapshot {
  readonly origins: readonly OriginSnapshot[];
  /** The oldest first. */
  readonly closed: readonly Origin[];
}

export interface OriginSnapshot {
  readonly origin: Origin;
  /** Every seq below it counts as completed. */
  readonly below: number;
  /** Committed seqs: flat pairs `[first, count, …]`. */
  readonly committed: readonly number[];
  /** Those of the committed that did not complete. */
  readonly others: readonly (readonly [seq: number, outcome: OutcomeStatus])[];
}

class OriginWindow {
  below = 1;
  readonly committed = new SeqSet();
  readonly pending = new SeqSet();
  readonly others = new Map<number, OutcomeStatus>();
}

export class DuplicateWindow {
  readonly #origins = new Map<Origin, OriginWindow>();
  /** In the order of their closing. */
  readonly #closed = new Set<Origin>();
  readonly #closedOriginsMax: number;

  constructor(closedOriginsMax: number, snapshot?: WindowSnapshot) {
    this.#closedOriginsMax = closedOriginsMax;
    for (const { origin, below, committed, others } of snapshot?.origins ?? []) {
      const window = this.#open(origin);
      window.below = below;
      for (let index = 0; index + 1 < committed.length; index += 2) {
        window.committed.addRun(committed[index] ?? 0, committed[index + 1] ?? 0);
      }
      for (const [seq, outcome] of others) window.others.set(seq, outcome);
    }
    for (const origin of snapshot?.closed ?? []) this.close(origin);
  }

  /** If the whole run is fresh, makes it pending. If not, changes nothing: ask id by id. */
  offerRun({ origin, first, count }: IdRun): boolean {
    const window = this.#origins.get(origin);
    if (window === undefined) {
      if (this.#closed.has(origin)) return false;
      this.#open(origin).pending.addRun(first, count);
      return true;
    }
    const isFresh =
      first >= window.below &&
      window.committed.overlap(first, count) === 0 &&
      window.pending.overlap(first, count) === 0 &&
      !this.#closed.has(origin);
    if (isFresh) window.pending.addRun(first, count);
    return isFresh;
  }

  /** No seq of this origin below it will be sent again. */
  belowOf(origin: Origin): number {
    return this.#origins.get(origin)?.below ?? 1;
  }

  isClosed(origin: Origin): boolean {
    return this.#closed.has(origin);
  }

  /** How many of the run have an outcome, or are pending. */
  overlap({ origin, first, count }: IdRun): number {
    const window = this.#origins.get(origin);
    if (window === undefined) return 0;
    return window.committed.overlap(first, count) + window.pending.overlap(first, count);
  }

  /** What stands for one id. A fresh one is pending from now on. */
  offer(origin: Origin, seq: number): Standing {
    const window = this.#origins.get(origin);
    if (window?.pending.has(seq)) return "pending";
    if (this.#closed.has(origin)) return "completed";
    if (window === undefined) {
      this.#open(origin).pending.add(seq);
      return "fresh";
    }
    if (seq < window.below) return "completed";
    if (window.committed.has(seq)) return window.others.get(seq) ?? "completed";
    window.pending.add(seq);
    return "fresh";
  }

  /** Makes ids final, pending ones or, from a store's point of view, any. */
  commitRun({ origin, first, count }: IdRun, outcome: OutcomeStatus): void {
    const window = this.#open(origin);
    window.pending.deleteRun(first, count);
    if (this.#closed.has(origin)) return this.#forgetIfDone(origin, window);
    const from = Math.max(first, window.below);
    const end = first + count;
    if (from >= end) return;
    window.committed.addRun(from, end - from);
    if (outcome === "completed") return;
    for (let seq = from; seq < end; seq++) window.others.set(seq, outcome);
  }

  /** No seq below `below` will be sent again. A mark that is lower than the one before changes nothing. */
  raise(origin: Origin, below: number): void {
    if (this.#closed.has(origin)) return;
    const window = this.#open(origin);
    if (below <= window.below) return;
    window.below = below;
    window.committed.deleteBelow(below);
    for (const seq of window.others.keys()) if (seq < below) window.others.delete(seq);
  }

  /** Nothing of this origin will be sent again. */
  close(origin: Origin): void {
    if (this.#closed.has(origin)) return;
    this.#closed.add(origin);
    const window = this.#origins.get(origin);
    if (window !== undefined) this.#forgetIfDone(origin, window);
    if (this.#closed.size <= this.#closedOriginsMax) return;
    for (const oldest of this.#closed) {
      this.#closed.delete(oldest);
      return;
    }
  }

  /** All that is final. What is pending is not in it: it was never promised to anybody. */
  snapshot(): WindowSnapshot {
    const origins: OriginSnapshot[] = [];
    for (const [origin, { below, committed, others }] of this.#origins) {
      if (this.#closed.has(origin)) continue;
      const runs: number[] = [];
      committed.forEachRange((first, count) => runs.push(first, count));
      origins.push({ origin, below, committed: runs, others: [...others] });
    }
    return { origins, closed: [...this.#closed] };
  }

  #open(origin: Origin): OriginWindow {
    let window = this.#origins.get(origin);
    if (window === undefined) {
      window = new OriginWindow();
      this.#origins.set(origin, window);
    }
    return window;
  }

  #forgetIfDone(origin: Origin, window: OriginWindow): void {
    if (window.pending.count === 0) this.#origins.delete(origin);
  }
}
