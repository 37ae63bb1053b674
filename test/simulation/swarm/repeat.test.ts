/** A seed is all that it takes to repeat a run, and a failing plan becomes small. */
import { expect, test } from "vitest";
import { drawPlan } from "./fault-plan.ts";
import { acknowledgeBeforeSync } from "./mutants/acknowledge-before-sync.ts";
import { reportOf } from "./report.ts";
import { run } from "./run.ts";
import { firstToCatch, parseSeeds } from "./seeds.ts";
import { shrink } from "./shrink.ts";

test("the same seed goes the same way to the last step, another one another way", () => {
  const hashes = [7, 7, 8].map((seed) => run(drawPlan(seed)).hash);
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[0]).not.toBe(hashes[2]);
});

test("a plan that fails becomes as small as it can be, and still fails", () => {
  const plan = drawPlan(2);
  const [needed] = plan.faults;
  if (needed === undefined) return expect.fail("seed 2 has no faults");
  const fails = ({ faults }: typeof plan): boolean => faults.some(({ kind }) => kind === needed.kind);
  const smallest = shrink(plan, fails, { runsMax: 500 });
  expect(plan.faults.length).toBeGreaterThan(1);
  expect(smallest.faults.map(({ kind }) => kind)).toEqual([needed.kind]);
});

test("a failure says what broke, its seed, its faults and the last events", () => {
  const failure = firstToCatch(acknowledgeBeforeSync, { from: 1, to: 300 });
  if (failure === undefined) return expect.fail("nobody noticed");
  const report = reportOf({ failure, commit: "abc", smallest: undefined });
  const { seed, faults } = failure.plan;
  expect(report).toContain(`simulate --seed ${seed}`);
  expect(report).toContain("at commit abc");
  expect(report).toContain(failure.problems[0]?.slice(0, 40));
  for (const { kind } of faults) expect(report).toContain(`  ${kind} at `);
  expect(report.split("\n").length).toBeGreaterThan(40);
});

test("seeds are one number or a range", () => {
  expect(["7", "3..9", "all", "9..3"].map(parseSeeds)).toEqual([
    { from: 7, to: 7 },
    { from: 3, to: 9 },
    undefined,
    undefined,
  ]);
});
