/** From a slow sink back to the producer: everybody holds only so much, however much is to be done. */
import { expect, test } from "vitest";
import { expectAtRest, expectEachEndedOnce, expectQuiet, isEnded, originsOf } from "./at-rest.ts";
import { Cluster } from "./cluster.ts";
import { World } from "./world.ts";

const taskCount = 4_000;
const bytes = 1_000;
const unsettledTasksMax = 200;
const producerWindowTasks = 50;

test("a slow sink holds up its producers, and nobody between them holds more than its limits", () => {
  const world = new World(1);
  const workerLimits = { windowTasksMax: 20, uncommittedTasksMax: 30 };
  const sinkLimits = { waitingResultsMax: 40, windowResultsMax: 20 };
  const cluster = new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: 3,
    slots: 4,
    fate: () => ({ afterMs: world.between(0, 2), ends: "completed" }),
    readMs: () => 10,
    ventilatorLimits: { unsettledTasksMax, producerWindowTasks },
    workerLimits,
    sinkLimits,
  });
  const producers = [cluster.remoteSubmitter(0, originsOf(1)), cluster.remoteSubmitter(0, originsOf(2))];
  for (const producer of producers) cluster.submit(producer, taskCount / 2, { batch: 10, bytes });
  const most = { unsettled: 0, uncommitted: 0, waiting: 0, submitted: 0 };
  const look = (): void => {
    const { core } = cluster.ventilator();
    const uncommitted = cluster.workers.map((worker) => worker.core.stats().uncommitted);
    const waiting = cluster
      .sink()
      .core.stats()
      .definitions.map((definition) => definition.waiting);
    most.unsettled = Math.max(most.unsettled, core.stats().unsettled);
    most.uncommitted = Math.max(most.uncommitted, ...uncommitted);
    most.waiting = Math.max(most.waiting, ...waiting);
    if (!isEnded(cluster)) world.clock.after(1, look);
  };
  look();
  expect(cluster.runUntil(() => isEnded(cluster), 600_000)).toBe(true);
  expect(most.unsettled).toBeLessThanOrEqual(unsettledTasksMax + producers.length * producerWindowTasks);
  expect(most.uncommitted).toBeLessThanOrEqual(
    workerLimits.uncommittedTasksMax + workerLimits.windowTasksMax,
  );
  // Three workers that came one by one: the bound of `credit-pool.ts`.
  expect(most.waiting).toBeLessThanOrEqual(sinkLimits.waitingResultsMax * (1 + Math.log(3) / 8));
  expect(most.unsettled).toBeGreaterThan(unsettledTasksMax / 2);
  expectEachEndedOnce(cluster, "slow sink");
  expectQuiet(cluster, "slow sink");
  expectAtRest(cluster, "slow sink");
});

test("payloads as large as the whole byte credit pass one by one", () => {
  const world = new World(2);
  const large = 100_000;
  const cluster = new Cluster(world, {
    ventilators: 1,
    sinks: 1,
    workers: 2,
    slots: 2,
    fate: () => ({ afterMs: world.between(0, 5), ends: "completed", output: new Uint8Array(large) }),
    readMs: () => world.between(0, 5),
    ventilatorLimits: {
      unsettledBytesMax: large * 2,
      producerWindowBytes: large / 2,
      bytesPerMessageTarget: large / 2,
    },
    workerLimits: { windowBytesMax: large / 4, uncommittedBytesMax: large / 4 },
    sinkLimits: { waitingBytesMax: large / 4, windowBytesMax: large / 4 },
  });
  const remote = cluster.remoteSubmitter(0, originsOf(1));
  const local = cluster.localSubmitter(0, originsOf(2));
  for (const submitter of [remote, local]) {
    cluster.submit(submitter, 40, { batch: 3, bytes: large });
    cluster.submit(submitter, 40, { batch: 1, bytes: large, reply: "answer" });
  }
  expect(cluster.runUntil(() => isEnded(cluster), 120_000)).toBe(true);
  expectEachEndedOnce(cluster, "large");
  expectQuiet(cluster, "large");
  expectAtRest(cluster, "large");
});
