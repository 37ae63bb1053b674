/**
 * Blame where ventilators share workers: tasks of one kill worker after worker, and the innocent ones of the other run there all
 * the time. They are suspects again and again, each of them takes long enough to be there when a worker dies, and none of them
 * may be dead for it.
 *
 * `TQ_SEEDS=from-to` runs other seeds; a failure names its seed, and the seed alone reproduces it.
 */
import { expect, test } from "vitest";
import { expectAtRest, expectEachEndedOnce, expectQuiet, isEnded, originsOf } from "./at-rest.ts";
import { Cluster, type Fate } from "./cluster.ts";
import { policy } from "./pipeline.ts";
import { seedRange } from "./seed-range.ts";
import { World } from "./world.ts";

const [firstSeed, lastSeed] = seedRange([1, 30]);

const guiltyOrigins = originsOf(1);
const innocentOrigins = originsOf(2);
const rounds = 8;
const roundMs = 700;
const tasksPerRound = 5;

interface Named {
  readonly origin: string;
  readonly seq: number;
}

/** One of each round. */
const isGuilty = ({ origin, seq }: Named): boolean =>
  origin === guiltyOrigins.sink && seq % tasksPerRound === 3;

const fateOf = (world: World, attempt: Named): Fate => {
  if (isGuilty(attempt)) return { afterMs: world.between(0, 300), ends: "death" };
  const isShort = attempt.origin === guiltyOrigins.sink;
  return { afterMs: isShort ? world.between(0, 5) : world.between(50, 400), ends: "completed" };
};

/** `crashLimit` 1: one wrong count, and an innocent task is dead. */
const sharedCluster = (world: World, crashLimit: number): Cluster =>
  new Cluster(world, {
    ventilators: 2,
    sinks: 1,
    workers: world.between(1, 3),
    slots: world.between(2, 6),
    policy: { ...policy, crashLimit },
    fate: (attempt) => fateOf(world, attempt),
  });

const deadOf = ({ records }: Cluster): string[] => {
  const isDead = ({ settled, answered }: { settled: string[]; answered: string[] }): boolean =>
    settled.includes("dead") || answered.includes("dead");
  return [...records]
    .filter(([, record]) => isDead(record))
    .map(([id]) => id)
    .sort();
};

const theGuilty = Array.from(
  { length: rounds },
  (_, round) => `${guiltyOrigins.sink}-${round * tasksPerRound + 3}`,
).sort();

const submitAll = (cluster: Cluster): void => {
  const [one, two] = [cluster.localSubmitter(0, guiltyOrigins), cluster.localSubmitter(1, innocentOrigins)];
  for (let round = 0; round < rounds; round++) {
    cluster.world.clock.schedule(round * roundMs, () => {
      cluster.submit(one, tasksPerRound);
      cluster.submit(two, 12, { batch: 6 });
      cluster.submit(two, 6, { batch: 3, reply: "answer" });
    });
  }
};

const expectFair = (cluster: Cluster, where: string): void => {
  cluster.world.clock.runUntil(rounds * roundMs);
  const hasEnded = cluster.runUntil(() => isEnded(cluster), 600_000);
  cluster.world.network.rest();
  const stats = cluster.ventilators.map(({ core }) => core.stats());
  expect(hasEnded, `${where}: ${JSON.stringify(stats)}`).toBe(true);
  expect(deadOf(cluster), where).toEqual(theGuilty);
  expectEachEndedOnce(cluster, where);
  expectQuiet(cluster, where);
  expectAtRest(cluster, where);
};

test(`only the guilty are dead where two ventilators share workers, over seeds ${firstSeed} to ${lastSeed}`, () => {
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const cluster = sharedCluster(new World(seed), 1);
    submitAll(cluster);
    expectFair(cluster, `seed ${seed}`);
  }
});

test(`the same while messages are lost and connections cut, over seeds ${firstSeed} to ${lastSeed}`, () => {
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const world = new World(seed);
    // A worker that is cut off for long cannot be told from a dead one: that may count once.
    const cluster = sharedCluster(world, 3);
    world.network.faults = { lose: 0.02, duplicate: 0.02, cut: 0.01, delayMs: [0, 10] };
    submitAll(cluster);
    expectFair(cluster, `seed ${seed}`);
  }
});

test("a slow task of another ventilator holds up no suspects as long as another worker can be had", () => {
  const slowMs = 50_000;
  const world = new World(1);
  const cluster = new Cluster(world, {
    ventilators: 2,
    sinks: 1,
    workers: 3,
    slots: 2,
    fate: ({ origin, seq }) => {
      if (origin === innocentOrigins.sink) return { afterMs: seq <= 2 ? slowMs : 20, ends: "completed" };
      return { afterMs: 5, ends: seq === 3 ? "death" : "completed" };
    },
  });
  const one = cluster.localSubmitter(0, guiltyOrigins);
  const two = cluster.localSubmitter(1, innocentOrigins);
  cluster.submit(two, 2, { batch: 1 });
  world.clock.runUntil(100);
  cluster.submit(two, 400, { batch: 10 });
  cluster.submit(one, 30);
  const hasOneEnded = (): boolean =>
    [...cluster.records].every(([id, { settled }]) => !id.startsWith(one.origins.sink) || settled.length > 0);
  world.clock.runUntil(200);
  expect(cluster.runUntil(hasOneEnded, slowMs / 2), JSON.stringify(cluster.ventilator().core.stats())).toBe(
    true,
  );
  expect(deadOf(cluster)).toEqual([`${one.origins.sink}-3`]);
  expect(cluster.runUntil(() => isEnded(cluster), 4 * slowMs)).toBe(true);
  expectAtRest(cluster, "slow");
});
