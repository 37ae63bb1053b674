/**
 * The promise, under every fault the network has: each accepted task ends once, no credit leaks, and it all comes to rest.
 *
 * `TQ_SEEDS=from-to` runs other seeds; a failure names its seed, and the seed alone reproduces it.
 */
import { idRun, type SubmitPort } from "@tq/common/protocol";
import { expect, test } from "vitest";
import { Pipeline, type PipelineOptions } from "./pipeline.ts";
import { World } from "./world.ts";

const [firstSeed = 1, lastSeed = 1_000] = (process.env.TQ_SEEDS ?? "1-1000").split("-").map(Number);

const sinkOrigin = "a000000000000001";
const answerOrigin = "a000000000000002";
const taskCount = 40;

const optionsFor = (world: World): PipelineOptions => ({
  workers: world.between(1, 3),
  slots: world.between(1, 4),
  failure: world.chance(0.5) ? 0.2 : 0,
  finality: world.chance(0.5) ? 0.5 : 0,
  death: world.chance(0.3) ? 0.02 : 0,
});

/** Batches of odd sizes at odd times, sink-bound and answered ones. */
const submitAll = (pipeline: Pipeline, port: SubmitPort): void => {
  const { world } = pipeline;
  for (const [origin, reply] of [
    [sinkOrigin, "sink"],
    [answerOrigin, "answer"],
  ] as const) {
    let next = 1;
    const step = (): void => {
      const count = Math.min(world.between(1, 9), taskCount + 1 - next);
      if (count < 1) return;
      pipeline.submit(port, idRun(origin, next, count), reply);
      const victim = next;
      const cancels = world.chance(0.2);
      world.clock.after(world.between(0, 200), () => {
        if (cancels) pipeline.cancel(port, idRun(origin, victim, 1));
      });
      next += count;
      world.clock.after(world.between(0, 60), step);
    };
    world.clock.schedule(world.between(0, 20), step);
  }
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
        world.clock.after(world.between(50, 900), () => victim?.heal());
      }
    });
  }
  if (world.chance(0.4)) world.clock.schedule(world.between(50, 1_000), () => pipeline.restartSink());
};

const simulate = (seed: number): Pipeline => {
  const world = new World(seed);
  const pipeline = new Pipeline(world, optionsFor(world));
  const port = pipeline.submitter();
  strike(pipeline);
  submitAll(pipeline, port);
  world.clock.runUntil(2_000);
  world.network.rest();
  const deadline = 120_000;
  while (!pipeline.ventilator.isIdle && world.clock.now() < deadline)
    world.clock.runUntil(world.clock.now() + 500);
  // A last batch proves that no credit has leaked on the way.
  for (let part = 0; part < 4; part++)
    pipeline.submit(port, idRun(sinkOrigin, 1_000 + part * 10, 10), "sink");
  while (!pipeline.ventilator.isIdle && world.clock.now() < deadline)
    world.clock.runUntil(world.clock.now() + 500);
  world.clock.runUntil(world.clock.now() + 2_000);
  return pipeline;
};

const check = (pipeline: Pipeline, seed: number): void => {
  const where = `seed ${seed}`;
  expect(pipeline.world.bugs, where).toEqual([]);
  expect(pipeline.ventilator.isIdle, `${where}: ${JSON.stringify(pipeline.ventilator.stats())}`).toBe(true);
  for (const [id, record] of pipeline.records) {
    const what = `${where}, task ${id}: ${JSON.stringify(record)}`;
    expect(record.accepted, what).toBe(true);
    expect(record.rejected, what).toBeUndefined();
    if (id.startsWith(answerOrigin)) {
      expect(record.answered, what).toHaveLength(1);
      expect(record.committed, what).toEqual([]);
    } else {
      expect(record.committed, what).toHaveLength(1);
      expect(record.settled, what).toEqual(record.committed);
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

test(`every accepted task ends once, over seeds ${firstSeed} to ${lastSeed}`, () => {
  for (let seed = firstSeed; seed <= lastSeed; seed++) check(simulate(seed), seed);
});
