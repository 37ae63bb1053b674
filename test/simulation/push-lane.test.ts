/**
 * The push lane over faulty pipes: what was accepted has arrived once or is said to be missing, exactly, whoever dies,
 * leaves or is cut off; and without faults nothing is missing.
 */
import type { Faults } from "@tq/common/transport";
import { expect, test } from "vitest";
import { originsOf } from "./at-rest.ts";
import { Cluster, type ClusterOptions, type Fate } from "./cluster.ts";
import { World } from "./world.ts";

const clusterOf = (world: World, options: Partial<ClusterOptions> = {}): Cluster =>
  new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: 3,
    slots: 4,
    push: true,
    definitions: ["work", "play"],
    fate: () => ({ afterMs: world.between(0, 20), ends: "completed" }),
    ...options,
  });

/** Everything is said: what arrived, and what never will. */
const isSaid = ({ ventilators, submitters }: Cluster): boolean =>
  submitters.every(({ node, waiting }) => !node.isAlive || waiting === 0) &&
  ventilators.every(({ core }) => core.isIdle);

interface Tally {
  readonly accepted: number;
  readonly arrived: number;
  readonly twice: number;
  readonly missing: number;
}

const tally = (cluster: Cluster): Tally => {
  let accepted = 0;
  let arrived = 0;
  let twice = 0;
  for (const [, record] of cluster.records) {
    if (record.accepted) accepted += 1;
    if (record.committed.length > 0) arrived += 1;
    if (record.committed.length > 1) twice += 1;
  }
  let missing = 0;
  for (const { core } of cluster.ventilators) missing += core.stats().push.missing;
  return { accepted, arrived, twice, missing };
};

/** From a ventilator's process and from elsewhere, of two definitions. */
const pushSome = (cluster: Cluster, each: number): number => {
  const submitters = [
    cluster.localSubmitter(0, originsOf(1)),
    cluster.remoteSubmitter(0, originsOf(2)),
  ] as const;
  for (const submitter of submitters) {
    for (const name of cluster.definitions) {
      cluster.submit(submitter, each, { reply: "push", name, batch: cluster.world.between(1, 40) });
    }
  }
  return submitters.length * cluster.definitions.length * each;
};

const seeds = Array.from({ length: 30 }, (_, index) => index + 1);
const limitMs = 300_000;

test("without faults every task arrives once, and none is said to be missing", () => {
  for (const seed of seeds) {
    const cluster = clusterOf(new World(seed));
    const count = pushSome(cluster, 200);
    expect(
      cluster.runUntil(() => isSaid(cluster), limitMs),
      `seed ${seed}`,
    ).toBe(true);
    expect(tally(cluster), `seed ${seed}`).toEqual({ accepted: count, arrived: count, twice: 0, missing: 0 });
    expect(cluster.world.bugs, `seed ${seed}`).toEqual([]);
  }
});

const faults: Faults = { lose: 0.02, duplicate: 0.02, cut: 0.01, delayMs: [0, 15] };

test("over faulty links and with workers that die, what arrived and what is missing is what was accepted", () => {
  let missing = 0;
  for (const seed of seeds) {
    const world = new World(seed);
    const fate = (): Fate =>
      world.chance(0.005)
        ? { afterMs: world.between(0, 20), ends: "death" }
        : { afterMs: world.between(0, 20), ends: "completed" };
    const cluster = clusterOf(world, { fate });
    world.network.faults = faults;
    const count = pushSome(cluster, 150);
    world.clock.runUntil(3_000);
    world.network.rest();
    expect(
      cluster.runUntil(() => isSaid(cluster), limitMs),
      `seed ${seed}`,
    ).toBe(true);
    const said = tally(cluster);
    expect(said, `seed ${seed}`).toMatchObject({ accepted: count, twice: 0 });
    expect(said.arrived + said.missing, `seed ${seed}: ${JSON.stringify(said)}`).toBe(count);
    expect(world.bugs, `seed ${seed}`).toEqual([]);
    missing += said.missing;
  }
  expect(missing).toBeGreaterThan(0);
});

test("workers that leave in order take nothing along", () => {
  for (const seed of seeds) {
    const world = new World(seed);
    const cluster = clusterOf(world);
    const count = pushSome(cluster, 300);
    for (const [index, worker] of [...cluster.workers].entries()) {
      worker.node.after(world.between(5, 40) * (index + 1), () => cluster.drainWorker(worker));
    }
    expect(
      cluster.runUntil(() => isSaid(cluster), limitMs),
      `seed ${seed}`,
    ).toBe(true);
    expect(tally(cluster), `seed ${seed}`).toEqual({ accepted: count, arrived: count, twice: 0, missing: 0 });
    expect(world.bugs, `seed ${seed}`).toEqual([]);
  }
});

test("a worker that comes later gets its share of slow tasks", () => {
  const world = new World(1);
  const cluster = clusterOf(world, { workers: 1, fate: () => ({ afterMs: 100, ends: "completed" }) });
  cluster.submit(cluster.localSubmitter(0, originsOf(1)), 2_000, { reply: "push" });
  world.clock.runUntil(1_000);
  cluster.startWorker();
  expect(cluster.runUntil(() => isSaid(cluster), limitMs)).toBe(true);
  // One worker alone would need 50 s; two that share what is left after the first second, 25.5 s.
  expect(world.clock.now()).toBeLessThan(28_000);
});
