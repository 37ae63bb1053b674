/** A ventilator that is started anew without its memory, producers that leave, vanish and come back, a cloned worker. */
import { expect, test } from "vitest";
import { expectAtRest, expectQuiet, isAnswered, isEnded, originsOf } from "./at-rest.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { World } from "./world.ts";

const clusterOf = (world: World, options: Partial<ClusterOptions> = {}): Cluster =>
  new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: 2,
    slots: 4,
    fate: () => ({ afterMs: world.between(1, 30), ends: "completed" }),
    ...options,
  });

test("a ventilator without its memory is given again what it has forgotten: each task of a living producer ends once", () => {
  for (let seed = 1; seed <= 15; seed++) {
    const world = new World(seed);
    world.network.faults = { lose: 0.01, duplicate: 0.01, delayMs: [0, 10] };
    const cluster = clusterOf(world);
    const producers = [1, 2].map((place) => cluster.remoteSubmitter(0, originsOf(place)));
    for (const producer of producers) {
      cluster.submit(producer, 150, { batch: 20 });
      cluster.submit(producer, 150, { batch: 20, reply: "answer" });
    }
    world.clock.runUntil(world.between(20, 400));
    cluster.restartVentilator(0);
    const isAllTold = (): boolean =>
      [...cluster.records].every(([id, { answered, accepted }]) =>
        isAnswered(id) ? answered.length > 0 : accepted,
      ) && producers.every(({ core, waiting }) => waiting === 0 && core.keptBytes === 0);
    const where = `seed ${seed}`;
    expect(
      cluster.runUntil(isAllTold, 60_000),
      `${where} ${JSON.stringify(producers.map(({ core }) => core.stats()))}`,
    ).toBe(true);
    world.network.rest();
    for (const [id, { committed, answered }] of cluster.records) {
      expect(new Set(answered).size, `${where} ${id}`).toBe(isAnswered(id) ? 1 : 0);
      expect(committed.length, `${where} ${id}`).toBe(isAnswered(id) ? 0 : 1);
    }
    expectQuiet(cluster, where);
    expectAtRest(cluster, where);
  }
});

test("what a producer leaves behind: answered tasks end, the others go on, its origins are closed", () => {
  for (const manner of ["bye", "vanish"] as const) {
    const world = new World(7);
    const cluster = clusterOf(world, { ventilatorLimits: { producerGraceMs: 2_000 } });
    const producer = cluster.remoteSubmitter(0, originsOf(1));
    cluster.submit(producer, 500, { batch: 50 });
    cluster.submit(producer, 500, { batch: 50, reply: "answer" });
    world.clock.runUntil(150);
    if (manner === "bye") producer.core.close("done");
    producer.node.after(5, () => producer.node.crash());
    world.clock.runUntil(30_000);
    expect(cluster.ventilator().core.isIdle, manner).toBe(true);
    for (const [id, { accepted, committed }] of cluster.records) {
      if (accepted && !isAnswered(id)) expect(committed, `${manner} ${id}`).toEqual(["completed"]);
    }
    expectQuiet(cluster, manner);
    expectAtRest(cluster, manner);
    if (manner === "bye") expect(cluster.sink().store.restore().origins, manner).toEqual([]);
  }
});

test("a producer that was away for longer than its grace gets all of its answers after all", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const world = new World(seed);
    const cluster = clusterOf(world, { ventilatorLimits: { producerGraceMs: 1_500 } });
    const producer = cluster.remoteSubmitter(0, originsOf(1));
    cluster.submit(producer, 200, { batch: 30 });
    cluster.submit(producer, 200, { batch: 30, reply: "answer" });
    world.clock.runUntil(world.between(20, 200));
    for (const client of producer.node.connections) client.partition();
    world.clock.runUntil(world.clock.now() + 4_000);
    world.network.rest();
    const where = `seed ${seed}`;
    expect(
      cluster.runUntil(() => isEnded(cluster), 60_000),
      where,
    ).toBe(true);
    for (const [id, { answered, committed }] of cluster.records) {
      expect([...new Set(answered), ...committed], `${where} ${id}`).toEqual(["completed"]);
    }
    expectQuiet(cluster, where);
    expectAtRest(cluster, where);
  }
});

test("a sink that is away while an origin is closed forgets it when it is back", () => {
  for (const manner of ["for a moment", "for longer than liveness"] as const) {
    const world = new World(3);
    const cluster = clusterOf(world);
    const producer = cluster.remoteSubmitter(0, originsOf(1));
    cluster.submit(producer, 50);
    cluster.runUntil(() => isEnded(cluster), 10_000);
    world.clock.runUntil(world.clock.now() + 2_000);
    for (const client of cluster.ventilator().node.connections) client.partition();
    world.clock.runUntil(world.clock.now() + (manner === "for a moment" ? 800 : 5_000));
    producer.core.close("done");
    world.clock.runUntil(world.clock.now() + 30);
    producer.node.crash();
    world.clock.runUntil(world.clock.now() + 500);
    world.network.rest();
    world.clock.runUntil(world.clock.now() + 5_000);
    expect(cluster.sink().store.restore().origins, manner).toEqual([]);
  }
});
