/**
 * The promise, under every fault the network has: each accepted task ends once, no credit leaks, and it all comes to rest.
 *
 * `TQ_SEEDS=from-to` runs other seeds; a failure names its seed, and the seed alone reproduces it.
 */
import { idRun, type SubmitOrigins } from "@tq/common/protocol";
import { expect, test } from "vitest";
import { Pipeline, type PipelineOptions, type Submitter } from "./pipeline.ts";
import { seedRange } from "./seed-range.ts";
import { World } from "./world.ts";

const [firstSeed, lastSeed] = seedRange([1, 2_000]);

/** Answered tasks are told from others by the last digit of their origin. */
const originsOf = (place: number): SubmitOrigins => ({
  sink: `a00000000000${place}001`,
  answer: `a00000000000${place}002`,
});
const isAnswered = (id: string): boolean => id.slice(0, 16).endsWith("2");

const taskCount = 30;

const optionsFor = (world: World): PipelineOptions => ({
  workers: world.between(1, 3),
  slots: world.between(1, 4),
  failure: world.chance(0.5) ? 0.2 : 0,
  finality: world.chance(0.5) ? 0.5 : 0,
  death: world.chance(0.3) ? 0.02 : 0,
});

/** Batches of odd sizes at odd times, sink-bound and answered ones; some tasks are cancelled. */
const submitAll = (pipeline: Pipeline, submitter: Submitter): void => {
  const { world } = pipeline;
  for (const reply of ["sink", "answer"] as const) {
    let left = taskCount;
    const step = (): void => {
      const count = Math.min(world.between(1, 9), left);
      if (count === 0) return;
      left -= count;
      pipeline.submit(submitter, count, reply);
      if (world.chance(0.2))
        world.clock.after(world.between(0, 200), () => cancelOne(pipeline, submitter, reply));
      world.clock.after(world.between(0, 60), step);
    };
    world.clock.schedule(world.between(0, 20), step);
  }
};

const cancelOne = (pipeline: Pipeline, submitter: Submitter, reply: "sink" | "answer"): void => {
  const submitted = submitter.next[reply] - 1;
  if (submitted === 0) return;
  pipeline.cancel(submitter, idRun(submitter.origins[reply], pipeline.world.between(1, submitted), 1));
};

/** Faults that strike whole connections and processes, on top of what happens to single messages. */
const strike = (pipeline: Pipeline): void => {
  const { world } = pipeline;
  world.network.faults = {
    lose: world.random() * 0.05,
    duplicate: world.random() * 0.05,
    cut: world.random() * 0.02,
    delayMs: [0, world.between(1, 20)],
  };
  for (let count = world.between(0, 4); count > 0; count--) {
    world.clock.schedule(world.between(10, 1_500), () => {
      const clients = [...world.network.clients];
      const victim = clients[world.between(0, clients.length - 1)];
      if (world.chance(0.5)) victim?.cut();
      else {
        victim?.partition();
        world.clock.after(world.between(50, 1_200), () => victim?.heal());
      }
    });
  }
  if (world.chance(0.4)) world.clock.schedule(world.between(50, 1_000), () => pipeline.restartSink());
};

/** Until every task has ended for everybody, or the time is over; then long enough for heartbeats to agree on it. */
const runUntilRest = (pipeline: Pipeline, submitters: readonly Submitter[], deadline: number): void => {
  const { world, ventilator, records } = pipeline;
  const isEnded = (): boolean => {
    for (const [id, { answered, settled, isRevoked }] of records) {
      if (!isRevoked && (isAnswered(id) ? answered : settled).length === 0) return false;
    }
    return ventilator.isIdle && submitters.every(({ waiting }) => waiting === 0);
  };
  while (!isEnded() && world.clock.now() < deadline) world.clock.runUntil(world.clock.now() + 250);
  world.clock.runUntil(world.clock.now() + 1_000);
};

const simulate = (seed: number): Pipeline => {
  const world = new World(seed);
  const pipeline = new Pipeline(world, optionsFor(world));
  const submitters = [pipeline.localSubmitter(originsOf(1)), pipeline.remoteSubmitter(originsOf(2))];
  strike(pipeline);
  for (const submitter of submitters) submitAll(pipeline, submitter);
  world.clock.runUntil(1_500);
  world.network.rest();
  const deadline = 120_000;
  runUntilRest(pipeline, submitters, deadline);
  // Last batches prove that no credit has leaked on the way.
  for (const submitter of submitters) pipeline.submit(submitter, 40, "sink");
  runUntilRest(pipeline, submitters, deadline);
  return pipeline;
};

const check = (pipeline: Pipeline, seed: number): void => {
  const where = `seed ${seed}`;
  expect(pipeline.world.bugs, where).toEqual([]);
  expect(pipeline.ventilator.isIdle, `${where}: ${JSON.stringify(pipeline.ventilator.stats())}`).toBe(true);
  for (const [id, record] of pipeline.records) {
    const what = `${where}, task ${id}: ${JSON.stringify(record)}`;
    expect(record.accepted, what).toBe(!record.isRevoked);
    expect(record.rejected, what).toBeUndefined();
    if (record.isRevoked)
      expect([...record.answered, ...record.settled, ...record.committed], what).toEqual([]);
    else if (isAnswered(id)) {
      expect(new Set(record.answered).size, what).toBe(1);
      expect(record.committed, what).toEqual([]);
    } else {
      expect(record.committed, what).toHaveLength(1);
      // Told twice where the first telling may have been lost; never two different ends.
      expect([...new Set(record.settled)], what).toEqual(record.committed);
    }
  }
  expect(pipeline.ventilator.stats(), where).toMatchObject({
    leased: 0,
    ready: 0,
    unsettled: 0,
    suspects: 0,
    violations: 0,
  });
  for (const { node, core } of pipeline.workers) {
    if (node.isAlive) expect(core.isEmpty, `${where}: ${JSON.stringify(core.stats())}`).toBe(true);
  }
};

/** Seeds that one test runs: some seconds, so that its time suffices on a busy machine; what is broken is named by itself. */
const blockSeeds = 50;

const blocks: [from: number, to: number][] = [];
for (let from = firstSeed; from <= lastSeed; from += blockSeeds) {
  blocks.push([from, Math.min(from + blockSeeds - 1, lastSeed)]);
}

test.each(blocks)("every accepted task ends once, over seeds %i to %i", (from, to) => {
  for (let seed = from; seed <= to; seed++) check(simulate(seed), seed);
});
