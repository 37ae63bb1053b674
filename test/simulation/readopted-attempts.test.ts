/** A ventilator with a journal restarts under the hands of its workers: nothing that they have is done again. */
import { expect, test } from "vitest";
import { expectAtRest, expectQuiet, originsOf } from "./at-rest.ts";
import { Cluster } from "./cluster.ts";
import { SimulatedJournal } from "./simulated-journal.ts";
import { RandomStream } from "./swarm/random-streams.ts";
import { World } from "./world.ts";

/** Eight slots, and eight tasks in them, each of which takes so long. */
const running = (afterMs: number) => {
  const world = new World(1);
  const journal = new SimulatedJournal({ clock: world.clock, random: new RandomStream(1), syncMsMax: 5 });
  const cluster = new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: 2,
    slots: 4,
    journals: [journal],
    fate: () => ({ afterMs, ends: "completed" }),
  });
  world.clock.runUntil(200);
  cluster.submit(cluster.remoteSubmitter(0, originsOf(1)), 8);
  const isRunning = () => cluster.workers.reduce((sum, { core }) => sum + core.stats().running, 0) === 8;
  expect(cluster.runUntil(isRunning, 5_000)).toBe(true);
  return { world, cluster, journal };
};

/** Gone for so long. */
const restart = (world: World, cluster: Cluster, awayMs: number): void => {
  cluster.crashVentilator(0);
  world.clock.runUntil(world.clock.now() + awayMs);
  cluster.startVentilator(0);
};

const expectRunOnce = (cluster: Cluster, journal: SimulatedJournal): void => {
  expect(cluster.runUntil(() => cluster.ventilator().core.isIdle, 20_000)).toBe(true);
  cluster.world.network.rest();
  expectQuiet(cluster, "rest");
  for (const [id, { runs, committed }] of cluster.records) {
    expect({ id, runs, committed }).toEqual({ id, runs: 1, committed: ["completed"] });
  }
  expectAtRest(cluster, "rest");
  expect(journal.contents.batches).toEqual([]);
};

test("attempts that run while it restarts, twice, go on and are not run again", () => {
  const { world, cluster, journal } = running(6_000);
  restart(world, cluster, 200);
  world.clock.runUntil(world.clock.now() + 2_000);
  expect(cluster.ventilator().core.stats().leased).toBe(8);
  restart(world, cluster, 300);
  expectRunOnce(cluster, journal);
});

test("what the sink commits while it is away is settled at its next start, and not run again", () => {
  const { world, cluster, journal } = running(300);
  restart(world, cluster, 1_500);
  expect(cluster.sink().core.stats().committed.completed).toBe(8);
  expectRunOnce(cluster, journal);
});
