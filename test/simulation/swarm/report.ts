/** A failing run in words: what broke, how to repeat it, the smallest plan that breaks it, and what happened last. */
import type { PlannedFault } from "./fault.ts";
import type { RunResult } from "./run.ts";

export interface FailureReport {
  readonly failure: RunResult;
  /** Of the source that was run. */
  readonly commit: string;
  /** The same with as few faults as possible, if that was tried. */
  readonly smallest: RunResult | undefined;
}

const shownProblems = 3;

export function reportOf({ failure, commit, smallest }: FailureReport): string {
  const told = smallest ?? failure;
  const { seed, configuration } = failure.plan;
  const lines = [
    `seed ${seed} at commit ${commit} (trace ${failure.hash}, ${failure.steps} steps):`,
    ...told.problems.slice(0, shownProblems).map((problem) => `  ${problem}`),
    `repeat it: npx -y pnpm@12.21.0 simulate --seed ${seed}`,
    `world: ${JSON.stringify(configuration)}`,
    `faults${smallest === undefined ? "" : `, ${failure.plan.faults.length} made ${told.plan.faults.length}`}:`,
    ...told.plan.faults.map(faultLine),
    "last events:",
    ...told.lastEvents.map((event) => `  ${event}`),
  ];
  return lines.join("\n");
}

const faultLine = ({ kind, atMs, forMs, target, size }: PlannedFault): string =>
  `  ${kind} at ${atMs} ms for ${forMs} ms, target ${target}, size ${size}`;
