/**
 * The promise where everything is shared and nothing is roomy: two ventilators and two sinks, workers that come, drain, leave
 * and die, loops that stand still, windows of a few tasks.
 *
 * `TQ_SEEDS=from-to` runs other seeds; a failure names its seed, and the seed alone reproduces it.
 */
import { TqError } from "@tq/common";
import { idRun } from "@tq/common/protocol";
import { test } from "vitest";
import { expectAtRest, expectEachEndedOnce, expectQuiet, isEnded, originsOf } from "./at-rest.ts";
import { Cluster, type ClusterOptions, type Fate } from "./cluster.ts";
import type { Submitter } from "./pipeline.ts";
import { seedRange } from "./seed-range.ts";
import { World } from "./world.ts";

const [firstSeed, lastSeed] = seedRange([1, 120]);

const strikeMs = 2_500;

const fateOf = (world: World): ((attempt: unknown) => Fate) => {
  const failure = world.chance(0.5) ? 0.15 : 0;
  const death = world.chance(0.3) ? 0.01 : 0;
  const slowMs = world.chance(0.3) ? 80 : 15;
  return () => {
    const afterMs = world.between(0, slowMs);
    if (world.chance(death)) return { afterMs, ends: "death" };
    if (world.chance(failure)) return { afterMs, ends: "failed", final: world.chance(0.3) };
    return { afterMs, ends: "completed" };
  };
};

/** Nothing, or next to nothing. */
const tinyLimits = (world: World): Partial<ClusterOptions> => {
  const few = () => world.between(1, 4);
  return {
    ventilatorLimits: {
      sinkGraceMs: 60_000,
      unsettledTasksMax: few() * 4,
      tasksPerMessageMax: few(),
      bytesPerMessageTarget: few(),
      producerWindowTasks: few(),
      producerWindowBytes: few() * 8,
    },
    workerLimits: {
      windowTasksMax: few(),
      windowBytesMax: few() * 2,
      uncommittedTasksMax: few(),
      uncommittedBytesMax: few() * 4,
    },
    sinkLimits: {
      waitingResultsMax: few(),
      waitingBytesMax: few(),
      windowResultsMax: few(),
      windowBytesMax: few(),
    },
  };
};

const clusterFor = (world: World): Cluster =>
  new Cluster(world, {
    ventilators: world.between(1, 2),
    sinks: world.between(1, 2),
    workers: world.between(1, 4),
    slots: world.between(1, 4),
    definitions: world.chance(0.5) ? ["work"] : ["work", "play"],
    fate: fateOf(world),
    readMs: () => world.between(0, 30),
    ...(world.chance(0.5) ? tinyLimits(world) : { ventilatorLimits: { sinkGraceMs: 60_000 } }),
  });

const strike = (cluster: Cluster): void => {
  const { world } = cluster;
  world.network.faults = {
    lose: world.random() * 0.04,
    duplicate: world.random() * 0.04,
    cut: world.random() * 0.02,
    delayMs: [0, world.between(1, 30)],
  };
  const blows = [cutOne, partitionOne, stickOne, leaveOne, joinOne, restartSink];
  for (let count = world.between(0, 8); count > 0; count--) {
    const blow = blows[world.between(0, blows.length - 1)];
    world.clock.schedule(world.between(10, strikeMs), () => blow?.(cluster));
  }
};

const anyOf = <T>(world: World, all: readonly T[]): T | undefined => all[world.between(0, all.length - 1)];

const cutOne = ({ world }: Cluster): void => anyOf(world, [...world.network.clients])?.cut();

const partitionOne = ({ world }: Cluster): void => {
  const client = anyOf(world, [...world.network.clients]);
  client?.partition(anyOf(world, ["both", "toServer", "toClient"] as const));
  world.clock.after(world.between(50, 2_500), () => client?.heal());
};

const stickOne = ({ world, workers, sinks, ventilators }: Cluster): void => {
  const node = anyOf(world, [...workers, ...sinks, ...ventilators])?.node;
  node?.stick(world.between(50, 2_500));
};

/** Drains for a while, then says goodbye. */
const leaveOne = (cluster: Cluster): void => {
  const { world, workers } = cluster;
  const leaving = anyOf(
    world,
    workers.filter(({ node }) => node.isAlive),
  );
  if (leaving === undefined) return;
  const { node, core } = leaving;
  node.after(0, () => core.drain());
  node.after(world.between(0, 400), () => {
    core.stop(world.clock.now(), new TqError("TQ_ERR_CLOSED", "the worker leaves"));
    world.clock.after(20, () => node.crash());
  });
  cluster.startWorker();
};

const joinOne = (cluster: Cluster): void => {
  if (cluster.workers.length < 6) cluster.startWorker();
};

const restartSink = (cluster: Cluster): void => {
  const place = cluster.world.between(0, cluster.sinks.length - 1);
  const { node, store } = cluster.sink(place);
  if (!node.isAlive) return;
  node.crash();
  cluster.world.clock.after(cluster.world.between(0, 500), () => cluster.startSink(place, store));
};

const submitAll = (cluster: Cluster, submitter: Submitter): void => {
  const { world } = cluster;
  for (const reply of ["sink", "answer"] as const) {
    for (let count = world.between(1, 5); count > 0; count--) {
      world.clock.after(world.between(0, 300), () => {
        const name = anyOf(world, cluster.definitions) ?? "work";
        cluster.submit(submitter, world.between(1, 12), { reply, batch: world.between(1, 9), name });
        if (world.chance(0.4))
          world.clock.after(world.between(0, 300), () => cancelOne(cluster, submitter, reply));
      });
    }
  }
};

const cancelOne = ({ world }: Cluster, submitter: Submitter, reply: "sink" | "answer"): void => {
  const submitted = submitter.next[reply] - 1;
  if (submitted === 0) return;
  const ids = idRun(submitter.origins[reply], world.between(1, submitted), 1);
  submitter.node.after(0, () => submitter.port.cancel(ids));
};

const simulate = (seed: number): Cluster => {
  const world = new World(seed);
  const cluster = clusterFor(world);
  for (const place of cluster.ventilators.keys()) {
    submitAll(cluster, cluster.localSubmitter(place, originsOf(10 + place)));
    submitAll(cluster, cluster.remoteSubmitter(place, originsOf(20 + place)));
  }
  strike(cluster);
  world.clock.runUntil(strikeMs + 2_600);
  world.network.rest();
  cluster.runUntil(() => isEnded(cluster), 120_000);
  // Last batches prove that no credit has leaked on the way.
  for (const submitter of cluster.submitters) cluster.submit(submitter, 20, { batch: 5 });
  cluster.runUntil(() => isEnded(cluster), 120_000);
  return cluster;
};

test(`nothing is lost, doubled or stuck where all is shared and little, over seeds ${firstSeed} to ${lastSeed}`, () => {
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const cluster = simulate(seed);
    const where = `seed ${seed}`;
    expectEachEndedOnce(cluster, where);
    expectQuiet(cluster, where);
    expectAtRest(cluster, where);
  }
});
