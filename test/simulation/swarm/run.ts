/**
 * One run of a plan, in two phases: under fire nothing may break; then faults stop, the dead come back, and everything
 * must settle, become quiet, and leave nothing behind.
 */
import { fireMs, type Plan } from "./fault-plan.ts";
import { faultKinds } from "./faults/index.ts";
import type { Invariant } from "./invariant.ts";
import { invariants } from "./invariants/index.ts";
import { Marks } from "./marks.ts";
import { checkQuiet } from "./quiet.ts";
import { isSettled, unsettledWork } from "./settled.ts";
import type { Submission } from "./workload.ts";
import { World } from "./world.ts";

export interface RunResult {
  readonly plan: Plan;
  /** Two runs of the same plan come to the same one. */
  readonly hash: string;
  readonly steps: number;
  /** What went wrong, in words; nothing if all was well. */
  readonly problems: readonly string[];
  readonly lastEvents: readonly string[];
  readonly marks: ReadonlyMap<string, number>;
}

const lookEveryMs = 50;
const settleMsMax = 90_000;

export function run(plan: Plan): RunResult {
  const world = new World(plan);
  const marks = new Marks(world);
  const watching = invariants.map((create) => create(world));
  world.observers.push(...watching, marks);
  try {
    world.begin();
    play(world, watching, plan);
  } catch (error) {
    world.bugs.push(error);
  }
  const { trace } = world;
  return {
    plan,
    hash: trace.hash,
    steps: trace.steps,
    problems: problemsOf(world),
    lastEvents: trace.lastEvents(),
    marks: marks.counts,
  };
}

function play(world: World, watching: readonly Invariant[], { faults }: Plan): void {
  for (const fault of faults) {
    const kind = faultKinds.find(({ name }) => name === fault.kind);
    world.clock.schedule(fault.atMs, () => {
      world.struck.add(fault.kind);
      kind?.strike(world, fault);
    });
  }
  advance(world, watching, () => world.clock.now() >= fireMs);
  world.calm();
  settle(world, watching);
  // Last batches prove that no credit has leaked on the way.
  for (const submitter of world.submitters) if (submitter.isAlive) submitter.submit(lastBatch(world));
  settle(world, watching);
  if (!isWell(world)) return;
  checkQuiet(world);
  for (const invariant of watching) invariant.rest?.();
}

const lastBatch = ({ configuration }: World): Submission => ({
  atMs: 0,
  count: 20,
  batch: 5,
  reply: "sink",
  name: configuration.definitions[0] ?? "work",
  delayMs: undefined,
  expiresMs: undefined,
  priority: undefined,
  cancelAfterMs: undefined,
});

function settle(world: World, watching: readonly Invariant[]): void {
  const deadline = world.clock.now() + settleMsMax;
  advance(world, watching, () => isSettled(world) || world.clock.now() >= deadline);
  if (isWell(world) && !isSettled(world)) world.violated("everything settles", unsettledWork(world));
}

const isWell = ({ violations, bugs }: World): boolean => violations.length + bugs.length === 0;

function advance(world: World, watching: readonly Invariant[], isDone: () => boolean): void {
  while (isWell(world) && !isDone()) {
    world.runUntil(world.clock.now() + lookEveryMs);
    for (const invariant of watching) invariant.look?.();
  }
}

const problemsOf = ({ violations, bugs }: World): string[] => [
  ...bugs.map((bug) => `a core threw: ${bug instanceof Error ? bug.stack : String(bug)}`),
  ...violations,
];
