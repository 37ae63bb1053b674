/**
 * Which tasks of one origin are final, and how: so that a `cancel` that comes too late is told what stands. Ranges, and
 * a bounded number of them: the oldest are forgotten first.
 */
import type { OutcomeStatus } from "../contract/index.ts";
import { SeqSet } from "../protocol/index.ts";
import { submitLimits } from "./limits.ts";

export class SettledMemory {
  readonly #seqs = new Map<OutcomeStatus, SeqSet>();

  add(outcome: OutcomeStatus, first: number, count: number): void {
    let seqs = this.#seqs.get(outcome);
    if (seqs === undefined) {
      seqs = new SeqSet();
      this.#seqs.set(outcome, seqs);
    }
    seqs.addRun(first, count);
    if (seqs.rangeCount > submitLimits.settledRangesMax) forgetOlderHalf(seqs);
  }

  find(seq: number): OutcomeStatus | undefined {
    for (const [outcome, seqs] of this.#seqs) if (seqs.has(seq)) return outcome;
    return undefined;
  }
}

function forgetOlderHalf(seqs: SeqSet): void {
  let skip = seqs.rangeCount >>> 1;
  let below = 0;
  seqs.forEachRange((first) => {
    if (skip >= 0) below = first;
    skip -= 1;
  });
  seqs.deleteBelow(below);
}
