/** A worker that lives, and for longer than the silence that means gone reaches only one side of its two. */
import { expect, test } from "vitest";
import { expectAtRest, expectQuiet, originsOf } from "./at-rest.ts";
import { Cluster } from "./cluster.ts";
import { World } from "./world.ts";

const slots = 2;

/** Two workers that have their slots full of tasks which take two seconds; the first is cut off from `peer` for eight. */
const cutOff = (peer: "v0.workers" | "s0") => {
  const world = new World(1);
  const cluster = new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: 2,
    slots,
    fate: () => ({ afterMs: 2_000, ends: "completed" }),
  });
  world.clock.runUntil(200);
  cluster.submit(cluster.localSubmitter(0, originsOf(1)), 20);
  const isBusy = () => cluster.workers.every(({ core }) => core.stats().running === slots);
  expect(cluster.runUntil(isBusy, 1_000)).toBe(true);
  const [victim] = cluster.workers;
  for (const client of victim?.node.connections ?? []) if (client.name === peer) client.partition();
  world.clock.runUntil(world.clock.now() + 8_000);
  const uncommitted = victim?.core.stats().uncommitted;
  world.network.rest();
  const isEnded = () => cluster.ventilator().core.isIdle;
  expect(cluster.runUntil(isEnded, 60_000), JSON.stringify(cluster.ventilator().core.stats())).toBe(true);
  for (const [id, { committed }] of cluster.records) expect(committed, id).toEqual(["completed"]);
  expectQuiet(cluster, "rest");
  expectAtRest(cluster, "rest");
  return { cluster, uncommitted };
};

const runsOf = (cluster: Cluster): number[] => [...cluster.records].map(([, { runs }]) => runs);

test("a worker that is cut off from its ventilator for long: what it held runs again elsewhere, each result counts once", () => {
  const { cluster } = cutOff("v0.workers");
  expect(cluster.countOf("worker.gone")).toBe(1);
  expect(runsOf(cluster).filter((runs) => runs > 1).length).toBeGreaterThan(0);
  expect(cluster.countOf("task.crashed")).toBe(0);
});

test("a worker that is cut off from the sink for long keeps its leases: its results arrive later, and nothing runs again", () => {
  const { cluster, uncommitted } = cutOff("s0");
  expect(uncommitted).toBeGreaterThanOrEqual(slots);
  expect(cluster.countOf("worker.gone")).toBe(0);
  expect(runsOf(cluster).every((runs) => runs === 1)).toBe(true);
});
