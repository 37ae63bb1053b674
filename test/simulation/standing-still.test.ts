/** A ventilator, or a sink, whose process stands still for half a minute: nobody is taken for gone, nothing is run again in masses. */
import { expect, test } from "vitest";
import { expectAtRest, expectEachEndedOnce, expectQuiet, isEnded, originsOf } from "./at-rest.ts";
import { Cluster } from "./cluster.ts";
import { World } from "./world.ts";

const stuckMs = 30_000;

const clusterOf = (world: World): Cluster =>
  new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: 3,
    slots: 4,
    fate: () => ({ afterMs: world.between(1, 200), ends: "completed" }),
  });

test("a ventilator that stands still for 30 s takes no worker for gone: no attempt is run a second time", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const where = `seed ${seed}`;
    const world = new World(seed);
    const cluster = clusterOf(world);
    const producer = cluster.remoteSubmitter(0, originsOf(1));
    cluster.submit(producer, 600, { batch: 20 });
    world.clock.runUntil(1_000);
    cluster.ventilator().node.stick(stuckMs);
    const isDone = cluster.runUntil(() => isEnded(cluster), stuckMs + 60_000);
    expect(isDone, where).toBe(true);
    expect(cluster.countOf("worker.gone"), where).toBe(0);
    const runs = [...cluster.records].map(([, record]) => record.runs);
    expect(Math.max(...runs), where).toBe(1);
    expectEachEndedOnce(cluster, where);
    expectQuiet(cluster, where);
    expectAtRest(cluster, where);
  }
});

test("a sink that stands still for 30 s gets everything once it goes on, and nothing was moved or run again", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const where = `seed ${seed}`;
    const world = new World(seed);
    const cluster = clusterOf(world);
    const producer = cluster.remoteSubmitter(0, originsOf(1));
    cluster.submit(producer, 600, { batch: 20 });
    world.clock.runUntil(1_000);
    cluster.sink().node.stick(stuckMs);
    const isDone = cluster.runUntil(() => isEnded(cluster), stuckMs + 60_000);
    expect(isDone, where).toBe(true);
    expect(cluster.ventilator().core.stats().movedInDoubt, where).toBe(0);
    const runs = [...cluster.records].map(([, record]) => record.runs);
    expect(Math.max(...runs), where).toBe(1);
    expectEachEndedOnce(cluster, where);
    expectQuiet(cluster, where);
    expectAtRest(cluster, where);
  }
});
