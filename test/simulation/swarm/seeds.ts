/** Runs seed after seed, and adds up which marks were reached. */
import { drawPlan } from "./fault-plan.ts";
import { markNames } from "./marks.ts";
import type { Mutant } from "./mutant.ts";
import { reportOf } from "./report.ts";
import { type RunResult, run } from "./run.ts";
import { shrink } from "./shrink.ts";

export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/** `7` or `1..300`. Nothing if it is neither: to run no seeds at all would pass for seeds without a failure. */
export function parseSeeds(text: string): SeedRange | undefined {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = Number(match[2] ?? from);
  return from <= to ? { from, to } : undefined;
}

export class MarkTotals {
  readonly #totals = new Map<string, number>(markNames.map((name) => [name, 0]));

  add({ marks }: RunResult): void {
    for (const [name, count] of marks) this.#totals.set(name, (this.#totals.get(name) ?? 0) + count);
  }

  /** How often each one was reached, in all runs. */
  get all(): readonly (readonly [name: string, count: number])[] {
    return [...this.#totals];
  }

  get missing(): readonly string[] {
    return this.all.filter(([, count]) => count === 0).map(([name]) => name);
  }
}

/** Runs of a failing world that are spent on making its plan smaller. */
const shrinkRunsMax = 80;

/** What went wrong, in words, with the smallest plan that was found. */
export function explain(failure: RunResult, commit: string): string {
  const smallest = shrink(failure.plan, (plan) => run(plan).problems.length > 0, { runsMax: shrinkRunsMax });
  return reportOf({ failure, commit, smallest: run(smallest) });
}

/** The first seed that notices that the guard is missing. */
export function firstToCatch(mutant: Mutant, { from, to }: SeedRange): RunResult | undefined {
  const end = mutant.apply();
  try {
    for (let seed = from; seed <= to; seed++) {
      const result = run(drawPlan(seed));
      if (result.problems.length > 0) return result;
    }
    return undefined;
  } finally {
    end();
  }
}
