/** Worker processes that are killed, stopped, exit, or stand still, with tasks in their hands. */
import { defaultTiming, silenceLimitMs } from "@tq/common/protocol";
import { expect, test } from "vitest";
import { span } from "../chaos/support/spans.ts";
import { block, nap, poison, poisonOnce, square } from "./fixtures/tasks.ts";
import { Cluster, waitOptions } from "./support/cluster.ts";
import { brisk } from "./support/timings.ts";

const taskCount = 3_000;

/** 0 to 4 milliseconds of work each. */
const naps = (count: number): number[] => Array.from({ length: count }, (_, n) => n % 5);

const isOf = (name: string) => (event: { worker: string }) => event.worker === name;

async function expectEachOnce(cluster: Cluster, tasks = taskCount): Promise<void> {
  await cluster.results.until(tasks);
  await cluster.expectRest();
  expect(cluster.results.size).toBe(tasks);
  expect(cluster.results.repeated).toEqual([]);
  expect(cluster.results.all.filter(({ outcome }) => outcome !== "completed")).toEqual([]);
}

test("one of two workers killed under load: every task is committed once, and what it held is run again", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  const [victim] = await Promise.all([
    cluster.workerProcess({ name: "victim", concurrency: 8 }),
    cluster.workerProcess({ name: "other", concurrency: 8 }),
  ]);
  await cluster.events.next("worker.joined", { count: 2 });
  const submitting = cluster.ventilator.submitMany(nap, naps(taskCount));
  await cluster.results.until(taskCount / 4);
  await victim.kill();
  const gone = await cluster.events.next("worker.gone", { fits: isOf("victim") });
  expect(gone.leases).toBeGreaterThan(0);
  await submitting;
  await expectEachOnce(cluster);
  const redelivered = cluster.results.all.filter(({ attempt }) => attempt > 1);
  expect(redelivered.length).toBeGreaterThan(0);
  expect(cluster.events.of("task.crashed")).toEqual([]);
});

test("a worker stopped until it is gone, and continued: it comes back, and what it then offers is dropped as duplicates", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  const [stopped] = await Promise.all([
    cluster.workerProcess({ name: "stopped", concurrency: 16 }),
    cluster.workerProcess({ name: "other", concurrency: 16 }),
  ]);
  await cluster.events.next("worker.joined", { count: 2 });
  // Three rounds of half a second for all slots: after the first, every slot has work for long enough to be stopped in it.
  const longNaps = new Array<number>(96).fill(500);
  const submitting = cluster.ventilator.submitMany(nap, [...longNaps, ...naps(taskCount - longNaps.length)]);
  await cluster.results.until(32);
  stopped.signal("SIGSTOP");
  await cluster.events.next("worker.gone", { fits: isOf("stopped") });
  await submitting;
  await expectEachOnce(cluster);
  stopped.signal("SIGCONT");
  await cluster.events.next("worker.joined", { fits: isOf("stopped"), count: 2 });
  // Its handlers were under way, and their results are offered late.
  await expect.poll(() => cluster.sink.stats().duplicates, waitOptions).toBeGreaterThan(0);
  expect(cluster.events.of("task.crashed")).toEqual([]);
  // It works as before.
  const before = cluster.results.size;
  await cluster.ventilator.submitMany(nap, naps(500));
  await expectEachOnce(cluster, before + 500);
  const late = [...cluster.results.byId.values()].slice(before).flat();
  expect(late.some(({ worker }) => worker === "stopped")).toBe(true);
});

test("a handler that exits its process: the task runs again elsewhere, its neighbours complete", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  const workers = await Promise.all([
    cluster.workerProcess({ name: "a", concurrency: 4 }),
    cluster.workerProcess({ name: "b", concurrency: 4 }),
  ]);
  await cluster.events.next("worker.joined", { count: 2 });
  const answer = cluster.ventilator.run(poisonOnce, 11);
  await cluster.ventilator.submitMany(nap, naps(200));
  const first = await Promise.race(workers.map(({ ended }) => ended));
  expect(first).toEqual({ exitCode: 7, signal: null });
  expect(await answer).toBe(11);
  await expectEachOnce(cluster, 200);
});

test("a task that exits every process it runs in is dead after its crash limit, and its neighbours complete", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  let deaths = 0;
  const isOver = Promise.withResolvers<void>();
  /** Two slots of processes: whoever dies is replaced until the test is over. */
  const keepAlive = async (name: string): Promise<void> => {
    for (;;) {
      const process = await cluster.workerProcess({ name, concurrency: 4 });
      const end = await Promise.race([process.ended, isOver.promise]);
      if (end === undefined) return;
      expect(end.exitCode).toBe(7);
      deaths += 1;
    }
  };
  const supervised = Promise.all([keepAlive("a"), keepAlive("b")]);
  await cluster.events.next("worker.joined", { count: 2 });
  const inputs = Array.from({ length: 40 }, (_, n) => ({ kills: n === 7 }));
  const { ids } = await cluster.ventilator.submitMany(poison, inputs);
  await cluster.results.until(inputs.length);
  isOver.resolve();
  await supervised;
  const killer = `${ids[0]?.origin}-${(ids[0]?.first ?? 0) + 7}`;
  expect(cluster.results.only(killer)).toMatchObject({
    outcome: "dead",
    error: { code: "TQ_ERR_WORKER_LOST" },
  });
  expect(cluster.results.all.filter(({ outcome }) => outcome === "completed")).toHaveLength(39);
  expect(cluster.results.repeated).toEqual([]);
  expect(cluster.events.of("task.crashed")).toMatchObject([{ taskId: killer, crashes: 1 }]);
  // The first death, perhaps one among suspects, and the one alone that counts.
  expect(deaths).toBeLessThanOrEqual(3);
  expect((await cluster.ventilator.dead.list({ outcome: "dead" })).letters).toMatchObject([
    { taskId: killer, task: poison.name, crashes: 1, failures: 0, error: { code: "TQ_ERR_WORKER_LOST" } },
  ]);
  await cluster.expectRest();
}, 30_000);

test("a ventilator, and a sink, whose own loop stands still for longer than liveness take nobody for gone", async () => {
  await using cluster = await Cluster.start();
  await Promise.all([
    cluster.workerProcess({ name: "a", concurrency: 8 }),
    cluster.workerProcess({ name: "b", concurrency: 8 }),
  ]);
  await cluster.events.next("worker.joined", { count: 2 });
  const submitting = cluster.ventilator.submitMany(nap, naps(taskCount));
  await cluster.results.until(taskCount / 4);
  const until = performance.now() + span(30_000, silenceLimitMs(defaultTiming) + 500);
  while (performance.now() < until);
  await submitting;
  await expectEachOnce(cluster);
  expect(cluster.events.of("worker.gone")).toEqual([]);
  expect(cluster.sinkEvents.of("worker.left")).toEqual([]);
});

test("a handler that blocks its event loop for 10 s (5 in short): it is reported, the leases stay, and nothing is run again", async () => {
  await using cluster = await Cluster.start();
  const worker = await cluster.workerProcess({ name: "stuck", concurrency: 2 });
  const blockedMs = span(10_000, 5_000);
  const blocking = cluster.ventilator.run(block, blockedMs);
  const { taskId } = await worker.said.next("started");
  // More than its slots: some wait there, unstarted, behind the one that blocks.
  const { accepted } = await cluster.ventilator.submitMany(square, [1, 2, 3, 4, 5]);
  const blocked = await cluster.events.next("worker.blocked");
  expect(blocked).toMatchObject({ worker: "stuck" });
  expect(blocked.stuckMs).toBeLessThan(blockedMs);
  expect(await blocking).toBe(blockedMs);
  await expectEachOnce(cluster, accepted);
  expect(await cluster.events.next("worker.unblocked")).toMatchObject({ worker: "stuck" });
  expect(cluster.results.all.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
  expect(worker.said.of("started")).toEqual([expect.objectContaining({ taskId, attempt: 1 })]);
  expect(cluster.events.of("worker.gone")).toEqual([]);
  expect(cluster.logs.ventilator.of("worker.blocked")[0]).toMatchObject({ level: 40 });
});
