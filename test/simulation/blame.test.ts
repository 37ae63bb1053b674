/** Tasks that kill the process they run in, among many that do not: only the guilty ones are dead, and nobody waits for ever. */
import { expect, test } from "vitest";
import { expectAtRest, expectEachEndedOnce, expectQuiet, isEnded, originsOf } from "./at-rest.ts";
import { Cluster, type ClusterOptions, type Fate } from "./cluster.ts";
import { World } from "./world.ts";

const isPoison = (seq: number): boolean => seq % 500 === 250;

const fateOf = ({ seq }: { seq: number }): Fate =>
  isPoison(seq) ? { afterMs: 3, ends: "death" } : { afterMs: 2, ends: "completed" };

const clusterOf = (world: World, options: Partial<ClusterOptions>): Cluster =>
  new Cluster(world, { ventilators: 1, sinks: 1, workers: 3, slots: 4, fate: fateOf, ...options });

const deadSeqs = (cluster: Cluster): number[] =>
  [...cluster.records]
    .filter(([, { settled, answered }]) => [...settled, ...answered].includes("dead"))
    .map(([id]) => Number(id.slice(17)));

test("of thousands of tasks only those that kill their workers are dead", () => {
  const cluster = clusterOf(new World(1), {});
  cluster.submit(cluster.localSubmitter(0, originsOf(1)), 3_000, { batch: 1_000 });
  expect(cluster.runUntil(() => isEnded(cluster), 600_000)).toBe(true);
  expect(deadSeqs(cluster).sort((a, b) => a - b)).toEqual([250, 750, 1250, 1750, 2250, 2750]);
  expectEachEndedOnce(cluster, "blame");
  expectQuiet(cluster, "blame");
  expectAtRest(cluster, "blame");
});

test("suspects are screened within the byte credit of the worker", () => {
  const fate = ({ seq }: { seq: number }): Fate =>
    seq === 5 ? { afterMs: 20, ends: "death" } : { afterMs: 10, ends: "completed" };
  const cluster = clusterOf(new World(2), {
    fate,
    workers: 1,
    slots: 8,
    workerLimits: { windowBytesMax: 3_000 },
  });
  cluster.submit(cluster.localSubmitter(0, originsOf(1)), 40, { bytes: 1_000 });
  expect(cluster.runUntil(() => isEnded(cluster), 60_000)).toBe(true);
  expect(deadSeqs(cluster)).toEqual([5]);
  expectAtRest(cluster, "bytes");
});

test("suspects of one definition get a worker although another definition keeps all of them busy", () => {
  const world = new World(3);
  const fate = ({ definition, seq }: { definition: number; seq: number }): Fate =>
    definition === 0 && seq === 1 ? { afterMs: 3, ends: "death" } : { afterMs: 2, ends: "completed" };
  const cluster = clusterOf(world, { fate, definitions: ["work", "play"], workers: 2 });
  const rare = cluster.localSubmitter(0, originsOf(1));
  const flood = cluster.localSubmitter(0, originsOf(2));
  cluster.submit(flood, 2_000, { name: "play", batch: 1_000 });
  cluster.submit(rare, 10);
  const keepBusy = (): void => {
    cluster.submit(flood, 2_000, { name: "play", batch: 1_000 });
    world.clock.after(400, keepBusy);
  };
  keepBusy();
  const isRareEnded = (): boolean =>
    [...cluster.records].every(
      ([id, { settled }]) => !id.startsWith(rare.origins.sink) || settled.length > 0,
    );
  world.clock.runUntil(100);
  expect(cluster.runUntil(isRareEnded, 60_000), JSON.stringify(cluster.ventilator().core.stats())).toBe(true);
});
