/** A ventilator with a journal that is killed again and again: what it accepted is done, and counted on. */
import { expect, test } from "vitest";
import { expectAtRest, expectQuiet, originsOf } from "./at-rest.ts";
import { Cluster } from "./cluster.ts";
import { SimulatedJournal } from "./simulated-journal.ts";
import { RandomStream } from "./swarm/random-streams.ts";
import { World } from "./world.ts";

test("killed at any moment, a ventilator with a journal loses nothing that it accepted", () => {
  let replayed = 0;
  let adopted = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const world = new World(seed);
    world.network.faults = { lose: 0.005, duplicate: 0.01, delayMs: [0, 10] };
    const journal = new SimulatedJournal({
      clock: world.clock,
      random: new RandomStream(seed),
      syncMsMax: world.between(0, 40),
    });
    const failuresMax = 2;
    const failed = new Map<number, number>();
    const cluster: Cluster = new Cluster(world, {
      ventilators: 1,
      sinks: 1,
      workers: 3,
      slots: 4,
      journals: [journal],
      fate: ({ seq }) => {
        const failures = failed.get(seq) ?? 0;
        if (seq % 10 !== 0 || failures >= failuresMax)
          return { afterMs: world.between(1, 300), ends: "completed" };
        failed.set(seq, failures + 1);
        return { afterMs: world.between(1, 100), ends: "failed", final: false };
      },
    });
    const producers = [1, 2].map((place) => cluster.remoteSubmitter(0, originsOf(place)));
    for (const producer of producers) cluster.submit(producer, 200, { batch: 17 });
    for (let kill = 0; kill < 4; kill++) {
      world.clock.runUntil(world.clock.now() + world.between(30, 900));
      cluster.crashVentilator(0);
      world.clock.runUntil(world.clock.now() + world.between(0, 500));
      const { core } = cluster.startVentilator(0);
      replayed += core.stats().unsettled;
      if (world.chance(0.5)) continue;
      // Replayed tasks are not handed out yet: these are leases that workers have brought along.
      let leased = 0;
      for (let step = 0; step < 19; step++) {
        world.clock.runUntil(world.clock.now() + 50);
        leased = Math.max(leased, core.stats().leased);
      }
      adopted += leased;
    }
    const where = `seed ${seed}`;
    const isDone = (): boolean =>
      [...cluster.records].every(([, { accepted, committed }]) => accepted && committed.length > 0) &&
      cluster.ventilator().core.isIdle &&
      producers.every(({ core }) => core.stats()[0]?.unsettled === 0);
    expect(cluster.runUntil(isDone, 120_000), where).toBe(true);
    world.network.rest();
    for (const [id, { committed }] of cluster.records)
      expect(committed, `${where} ${id}`).toEqual(["completed"]);
    expectQuiet(cluster, where);
    expectAtRest(cluster, where);
    expect(journal.contents.batches, where).toEqual([]);
  }
  expect(replayed).toBeGreaterThan(500);
  expect(adopted).toBeGreaterThan(5);
});

test("a producer that heard nothing of its tasks until they were over is rid of them after the restart", () => {
  const world = new World(1);
  const journal = new SimulatedJournal({ clock: world.clock, random: new RandomStream(1), syncMsMax: 50 });
  const cluster = new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: 1,
    slots: 4,
    journals: [journal],
    fate: () => ({ afterMs: 10, ends: "completed" }),
  });
  const producer = cluster.remoteSubmitter(0, originsOf(1));
  cluster.submit(producer, 20);
  while (cluster.ventilator().core.stats().unsettled === 0) world.clock.runUntil(world.clock.now() + 1);
  for (const client of producer.node.connections) client.partition();
  expect(cluster.runUntil(() => cluster.ventilator().core.isIdle, 5_000)).toBe(true);
  world.clock.runUntil(world.clock.now() + 500);
  expect(producer.core.stats()).toMatchObject([{ unaccepted: 20 }]);
  cluster.restartVentilator(0);
  world.network.rest();
  world.clock.runUntil(world.clock.now() + 10_000);
  expect(producer.core.stats()).toMatchObject([{ unaccepted: 0, unsettled: 0, violations: 0 }]);
  for (const [id, { accepted, committed }] of cluster.records)
    expect([accepted, ...committed], id).toEqual([true, "completed"]);
});
