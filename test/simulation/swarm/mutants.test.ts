/** Each guard that is taken out is missed within the seeds that the tests run: else nothing shows that it is needed. */
import { expect, test } from "vitest";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants/index.ts";
import type { RunResult } from "./run.ts";
import { firstToCatch } from "./seeds.ts";

const seeds = { from: 1, to: 300 };

const caughtBy = (mutant: Mutant): RunResult | undefined => {
  const { triedFirst } = mutant;
  const first = triedFirst && firstToCatch(mutant, { from: triedFirst, to: triedFirst });
  return first || firstToCatch(mutant, seeds);
};

test.each(mutants.map((mutant) => [mutant.name, mutant.about, mutant] as const))(
  "%s is caught: %s",
  (...each) => {
    const [, , mutant] = each;
    expect(caughtBy(mutant)?.problems.length).toBeGreaterThan(0);
  },
);
