/** Two sinks, one of which goes away: for less and for more than its grace, and comes back with and without its memory. */
import { expect, test } from "vitest";
import { expectAtRest, isEnded, originsOf } from "./at-rest.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { World } from "./world.ts";

const graceMs = 3_000;

const clusterOf = (world: World, options: Partial<ClusterOptions> = {}): Cluster =>
  new Cluster(world, {
    ventilators: 1,
    sinks: 2,
    workers: 1,
    slots: 2,
    fate: () => ({ afterMs: 5, ends: "completed" }),
    ventilatorLimits: { sinkGraceMs: graceMs },
    ...options,
  });

/** An origin whose tasks go to sink 0. */
const originsForSink = (cluster: Cluster, place: number) => {
  for (let number = 1; ; number++) {
    const origins = originsOf(number);
    const submitter = cluster.localSubmitter(0, origins);
    const before = cluster.sink(place).core.stats().committed.completed;
    cluster.submit(submitter, 1);
    cluster.runUntil(() => isEnded(cluster), 1_000);
    if (cluster.sink(place).core.stats().committed.completed > before) return submitter;
  }
};

test("what was proposed to a sink that never returns is proposed to another one", () => {
  const world = new World(1);
  const cluster = clusterOf(world, { fate: () => ({ afterMs: 5, ends: "failed", final: true }) });
  world.clock.runUntil(100);
  const submitter = [1, 2, 3, 4, 5, 6].map((number) => cluster.localSubmitter(0, originsOf(number)));
  for (const client of world.network.clients) if (client.name === "s0") client.partition();
  for (const each of submitter) cluster.submit(each, 5);
  world.clock.runUntil(world.clock.now() + 300);
  cluster.sink(0).node.crash();
  expect(
    cluster.runUntil(() => isEnded(cluster), 30_000),
    JSON.stringify(cluster.ventilator().core.stats()),
  ).toBe(true);
});

test("computed results for a sink that never returns do not keep their tasks", () => {
  const world = new World(2);
  const cluster = clusterOf(world);
  const submitter = originsForSink(cluster, 0);
  for (const client of world.network.clients) if (client.name === "s0") client.partition();
  cluster.submit(submitter, 20);
  world.clock.runUntil(world.clock.now() + 300);
  cluster.sink(0).node.crash();
  expect(
    cluster.runUntil(() => isEnded(cluster), 30_000),
    JSON.stringify([cluster.ventilator().core.stats(), cluster.workers[0]?.core.stats()]),
  ).toBe(true);
  expect(cluster.countOf("leases.lost")).toBe(0);
  expectAtRest(cluster, "rest");
});

test("a sink that was cut off for longer than its grace is used again", () => {
  const world = new World(3);
  const cluster = clusterOf(world);
  originsForSink(cluster, 0);
  for (const client of world.network.clients) if (client.name === "s0") client.partition("toClient");
  world.clock.runUntil(world.clock.now() + graceMs + 2_000);
  expect(cluster.countOf("sink.moved")).toBe(1);
  world.network.rest();
  world.clock.runUntil(world.clock.now() + 3_000);
  const before = cluster.sink(0).core.stats().committed.completed;
  for (let number = 50; number < 70; number++)
    cluster.submit(cluster.localSubmitter(0, originsOf(number)), 1);
  cluster.runUntil(() => isEnded(cluster), 5_000);
  expect(cluster.sink(0).core.stats().committed.completed).toBeGreaterThan(before);
});

test.each([1, 2])(
  "one of two sinks that is cut off keeps its share of the workers, and the tasks of the other go on (%i ventilators)",
  (ventilators) => {
    const world = new World(4);
    const workerLimits = { uncommittedTasksMax: 40 };
    const cluster = clusterOf(world, {
      ventilators,
      workers: 2,
      workerLimits,
      ventilatorLimits: { sinkGraceMs: 30_000 },
    });
    world.clock.runUntil(100);
    const submitters = cluster.ventilators.flatMap((_, place) =>
      [1, 2, 3, 4, 5, 6].map((number) => cluster.localSubmitter(place, originsOf(number + 10 * place))),
    );
    const endedAt = (place: number) => cluster.sink(place).core.stats().committed.completed;
    for (const client of world.network.clients) if (client.name === "s0") client.partition();
    // The ventilators do not know yet that it is away: they hand out tasks of both.
    for (const each of submitters) cluster.submit(each, 200);
    world.clock.runUntil(world.clock.now() + 15_000);
    const [away, live] = [endedAt(0), endedAt(1)];
    expect(away).toBe(0);
    const total = submitters.length * 200;
    for (const { core } of cluster.workers) expect(core.stats().uncommitted).toBeLessThanOrEqual(20 + 2);
    world.network.rest();
    expect(
      cluster.runUntil(() => isEnded(cluster), 30_000),
      JSON.stringify(cluster.ventilator().core.stats()),
    ).toBe(true);
    // All that was not for the one that was away had ended while it was.
    expect(endedAt(1)).toBe(live);
    expect(live).toBeGreaterThan(total / 4);
    expect(endedAt(0) + endedAt(1)).toBe(total);
    expectAtRest(cluster, "rest");
  },
);

test("one of two sinks that nobody reads keeps its share of the workers, and the tasks of the other go on", () => {
  const world = new World(5);
  const cluster = clusterOf(world, {
    workers: 2,
    workerLimits: { uncommittedTasksMax: 40 },
    sinkLimits: { windowResultsMax: 8, waitingResultsMax: 8 },
    readMs: (sink) => (sink === 0 && world.clock.now() < 20_000 ? 20_000 - world.clock.now() : 0),
  });
  world.clock.runUntil(100);
  const submitters = [1, 2, 3, 4, 5, 6].map((number) => cluster.localSubmitter(0, originsOf(number)));
  for (const each of submitters) cluster.submit(each, 200);
  world.clock.runUntil(19_000);
  const committed = (place: number) => cluster.sink(place).core.stats().committed.completed;
  const [unread, read] = [committed(0), committed(1)];
  expect(unread).toBe(0);
  const { withoutSink, ready } = cluster.ventilator().core.stats();
  expect({ ready, isWaiting: withoutSink > 100 }).toEqual({ ready: 0, isWaiting: true });
  expect(cluster.runUntil(() => isEnded(cluster), 60_000)).toBe(true);
  // All that was not for the one that nobody read had ended by then.
  expect(committed(1)).toBe(read);
  expect(read).toBeGreaterThan(300);
  expect(committed(0) + committed(1)).toBe(1_200);
  expectAtRest(cluster, "rest");
});
