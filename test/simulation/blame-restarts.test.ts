/** Workers that are killed in turn, drained and cut off, under a ventilator that is killed, too: who is blamed, and for how long. */
import { expect, test } from "vitest";
import { expectAtRest, expectQuiet, originsOf } from "./at-rest.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { policy } from "./pipeline.ts";
import { SimulatedJournal } from "./simulated-journal.ts";
import { RandomStream } from "./swarm/random-streams.ts";
import { World } from "./world.ts";

const clusterOf = (
  world: World,
  seed: number,
  options: Pick<ClusterOptions, "fate" | "workers">,
): Cluster => {
  const { clock } = world;
  const journal = new SimulatedJournal({ clock, random: new RandomStream(seed), syncMsMax: 20 });
  return new Cluster(world, { ventilators: 1, sinks: 1, slots: 4, journals: [journal], ...options });
};

const pass = (world: World, ms: number): void => world.clock.runUntil(world.clock.now() + ms);

const isDone = (cluster: Cluster): boolean =>
  [...cluster.records].length > 0 &&
  [...cluster.records].every(([, { committed }]) => committed.length > 0) &&
  cluster.ventilator().core.isIdle;

test("rolling kills, drains, cuts and restarts never send a good task to dead", () => {
  let kills = 0;
  let suspects = 0;
  for (let seed = 1; seed <= 4; seed++) {
    const world = new World(seed);
    world.network.faults = { lose: 0.01, duplicate: 0.01, cut: 0.005, delayMs: [0, 10] };
    const cluster = clusterOf(world, seed, {
      workers: 4,
      fate: () => ({ afterMs: world.between(5, 400), ends: "completed" }),
    });
    const producer = cluster.remoteSubmitter(0, originsOf(1));
    for (let round = 0; round < 15; round++) {
      cluster.submit(producer, 40, { batch: 10 });
      const living = cluster.workers.filter(({ node }) => node.isAlive);
      const victim = living[round % living.length];
      if (victim !== undefined && world.chance(0.7)) {
        victim.node.crash();
        world.clock.after(50, () => cluster.startWorker());
        kills += 1;
      } else if (victim !== undefined) cluster.drainWorker(victim);
      pass(world, world.between(100, 1_500));
      suspects += cluster.ventilator().core.stats().suspects;
      if (round % 5 === 4) cluster.restartVentilator(0);
    }
    const where = `seed ${seed}`;
    expect(
      cluster.runUntil(() => isDone(cluster), 300_000),
      where,
    ).toBe(true);
    world.network.rest();
    for (const [id, { committed }] of cluster.records)
      expect(committed, `${where} ${id}`).toEqual(["completed"]);
    expect(cluster.ventilator().core.stats().deadLetters.kept, where).toBe(0);
    expectQuiet(cluster, where);
    expectAtRest(cluster, where);
  }
  expect(kills).toBeGreaterThan(30);
  expect(suspects).toBeGreaterThan(0);
});

test("crashes are counted over restarts: a poisonous task is dead after its limit, however often that happens", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const world = new World(seed);
    let deaths = 0;
    const cluster = clusterOf(world, seed, {
      workers: 2,
      fate: ({ seq }) => {
        if (seq !== 7) return { afterMs: world.between(1, 50), ends: "completed" };
        deaths += 1;
        return { afterMs: 3, ends: "death" };
      },
    });
    cluster.submit(cluster.remoteSubmitter(0, originsOf(1)), 20);
    let restarts = 0;
    while (!isDone(cluster) && restarts < 40) {
      pass(world, world.between(1_500, 4_000));
      cluster.restartVentilator(0);
      restarts += 1;
    }
    const where = `seed ${seed}`;
    expect(
      cluster.runUntil(() => isDone(cluster), 120_000),
      where,
    ).toBe(true);
    const dead = [...cluster.records].filter(([, { committed }]) => committed.includes("dead"));
    expect(
      dead.map(([id]) => id),
      where,
    ).toEqual([`${originsOf(1).sink}-7`]);
    // Once in company, once among suspects, then alone; a restart forgets at most what was not known yet: that the worker is gone.
    expect(deaths, where).toBeLessThanOrEqual(2 + policy.crashLimit + restarts);
    const { deadLetters } = cluster.ventilator().core.stats();
    expect(deadLetters.kept, where).toBe(1);
  }
});
