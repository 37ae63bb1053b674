/**
 * Whole worlds under every fault there is, seed after seed: nothing accepted is lost, nothing committed twice, and it all
 * settles. `TQ_SEEDS=from-to` runs other seeds; a failure says how to repeat it, and with how few faults it still fails.
 */
import { expect, test } from "vitest";
import { seedRange } from "../seed-range.ts";
import { drawPlan } from "./fault-plan.ts";
import { run } from "./run.ts";
import { explain, MarkTotals } from "./seeds.ts";

const [firstSeed, lastSeed] = seedRange([1, 300]);

/** Seeds that one test runs. */
const blockSeeds = 50;

const blocks: [from: number, to: number][] = [];
for (let from = firstSeed; from <= lastSeed; from += blockSeeds) {
  blocks.push([from, Math.min(from + blockSeeds - 1, lastSeed)]);
}

const totals = new MarkTotals();

test.each(blocks)(
  "every promise is kept under fire, and all settles after it, over seeds %i to %i",
  (from, to) => {
    for (let seed = from; seed <= to; seed++) {
      const result = run(drawPlan(seed));
      totals.add(result);
      if (result.problems.length > 0) expect.fail(explain(result, "of this tree"));
    }
  },
);

test("each rare branch was really reached, if there were enough seeds", () => {
  if (lastSeed - firstSeed >= 299) expect(totals.missing).toEqual([]);
});
