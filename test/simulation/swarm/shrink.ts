/**
 * Makes the fault plan of a failing run smaller, as long as the run still fails: fewer faults, sooner, shorter, milder.
 *
 * What it makes smaller is the plan alone. The configuration and the workload stay those of the seed, and the streams of
 * random numbers are apart, so that a fault that is left out changes as little as possible of the rest.
 */
import fc from "fast-check";
import type { PlannedFault } from "./fault.ts";
import { fireMs, type Plan } from "./fault-plan.ts";
import { faultKinds } from "./faults/index.ts";

const faultArbitrary = fc.record({
  kind: fc.constantFrom(...faultKinds.map(({ name }) => name)),
  atMs: fc.integer({ min: 0, max: fireMs }),
  forMs: fc.integer({ min: 0, max: fireMs }),
  target: fc.nat(999),
  size: fc.integer({ min: 1, max: 100 }),
});

export interface ShrinkOptions {
  /** Runs of the world, at most. */
  readonly runsMax: number;
}

/**
 * The smallest plan that was found to fail. First whole faults are left out, one after the other: fast-check, which makes what
 * is left sooner, shorter and milder, would spend its runs on the first few of many.
 */
export function shrink(plan: Plan, fails: (plan: Plan) => boolean, { runsMax }: ShrinkOptions): Plan {
  let runs = 0;
  let smallest = plan;
  const stillFails = (faults: readonly PlannedFault[]): boolean => {
    runs += 1;
    if (runs > runsMax || !fails({ ...plan, faults })) return false;
    smallest = { ...plan, faults };
    return true;
  };
  for (let index = plan.faults.length - 1; index >= 0; index--) {
    stillFails(smallest.faults.filter((_, place) => place !== index));
  }
  const faultsMax = Math.max(1, smallest.faults.length);
  const holds = (faults: readonly PlannedFault[]): boolean => !stillFails(faults);
  fc.check(fc.property(fc.array(faultArbitrary, { maxLength: faultsMax }), holds), {
    examples: [[[...smallest.faults]]],
    numRuns: 1,
  });
  return smallest;
}
