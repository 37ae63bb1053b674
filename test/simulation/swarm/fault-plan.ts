/** Everything that makes one run, drawn up front from its seed: what the world is made of, its work, and its faults. */
import { type Configuration, drawConfiguration } from "./configuration.ts";
import type { PlannedFault } from "./fault.ts";
import { faultKinds } from "./faults/index.ts";
import { createRandomStreams, type RandomStream } from "./random-streams.ts";
import { drawWorkload, type Workload } from "./workload.ts";

export interface Plan {
  readonly seed: number;
  readonly configuration: Configuration;
  readonly workload: Workload;
  readonly faults: readonly PlannedFault[];
}

/** Faults strike until then; a fault that lasts is over by then, too. */
export const fireMs = 3_000;

const faultsMax = 12;

export function drawPlan(seed: number): Plan {
  const streams = createRandomStreams(seed);
  const configuration = drawConfiguration(streams.configuration);
  const workload = drawWorkload(streams.workload, configuration);
  return { seed, configuration, workload, faults: drawFaults(streams.plan, configuration) };
}

/** Of some kinds only: a kind that is always there would hide what happens without it. */
function drawFaults(random: RandomStream, configuration: Configuration): PlannedFault[] {
  const fitting = faultKinds.filter(({ fits }) => fits?.(configuration) ?? true);
  const share = random.pick(0.15, 0.3, 0.6);
  const kinds = fitting.filter(() => random.chance(share));
  const count = random.between(0, faultsMax);
  const faults: PlannedFault[] = [];
  for (let drawn = 0; drawn < count; drawn++) {
    const kind = random.anyOf(kinds);
    if (kind === undefined) break;
    const atMs = random.between(5, fireMs - 100);
    faults.push({
      kind: kind.name,
      atMs,
      forMs: random.between(10, random.pick(200, 1_000, 2_500)),
      target: random.between(0, 999),
      size: random.between(1, 100),
    });
  }
  return faults;
}
