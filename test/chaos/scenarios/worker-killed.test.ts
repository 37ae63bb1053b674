/** A worker that is killed before, during and after its result is sent: each time the task ends once, and nobody is blamed. */
import { expect, test } from "vitest";
import { hold, square } from "../../integration/fixtures/tasks.ts";
import { Cluster, waitOptions } from "../../integration/support/cluster.ts";
import { brisk } from "../../integration/support/timings.ts";

async function expectOnce(cluster: Cluster, taskId: string): Promise<void> {
  await cluster.results.until(1);
  await cluster.expectRest();
  expect(cluster.results.repeated).toEqual([]);
  expect(cluster.results.only(taskId)).toMatchObject({ outcome: "completed", output: 9 });
  expect(cluster.events.of("task.crashed")).toEqual([]);
}

test("before: the task runs again at another worker", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  const victim = await cluster.workerProcess({ name: "victim", concurrency: 1 });
  const { taskId } = await cluster.ventilator.submit(hold, 9);
  await victim.said.next("started");
  await victim.kill();
  const other = await cluster.workerProcess({ name: "other", concurrency: 1 });
  expect(await other.said.next("started")).toMatchObject({ taskId, attempt: 2 });
  other.tell({ kind: "release" });
  await expectOnce(cluster, taskId);
  expect(cluster.results.only(taskId)).toMatchObject({ worker: "other" });
});

test("during, committed and not acknowledged: it runs again, and the second result is dropped", async () => {
  await using cluster = await Cluster.start({ timing: brisk, sinkProxy: true });
  const victim = await cluster.workerProcess({ name: "victim", concurrency: 1 });
  // So it has the sink's credit.
  await cluster.ventilator.submit(square, 3);
  await cluster.results.until(1);
  const { taskId } = await cluster.ventilator.submit(hold, 9);
  await victim.said.next("started");
  cluster.sinkProxy.pause("back");
  victim.tell({ kind: "release" });
  await cluster.results.until(2);
  await victim.kill();
  cluster.sinkProxy.resume();
  const other = await cluster.workerProcess({ name: "other", concurrency: 1 });
  other.tell({ kind: "release" });
  await expectOnce(cluster, taskId);
  expect(cluster.results.only(taskId)).toMatchObject({ worker: "victim", attempt: 1 });
  expect(cluster.sink.stats().duplicates).toBeGreaterThan(0);
});

test("during, on its way and lost: it runs again, and the second result counts", async () => {
  await using cluster = await Cluster.start({ timing: brisk, sinkProxy: true });
  const victim = await cluster.workerProcess({ name: "victim", concurrency: 1 });
  await cluster.events.next("worker.joined");
  await expect.poll(() => cluster.sink.stats().workers, waitOptions).toBe(1);
  cluster.sinkProxy.pause("onward");
  const { taskId } = await cluster.ventilator.submit(hold, 9);
  await victim.said.next("started");
  victim.tell({ kind: "release" });
  const hasSent = async (): Promise<boolean> => {
    victim.tell({ kind: "stats" });
    const told = victim.said.of("stats").length;
    const { stats } = await victim.said.next("stats", { count: told + 1 });
    return stats.uncommitted === 1;
  };
  await expect.poll(hasSent, waitOptions).toBe(true);
  await victim.kill();
  cluster.sinkProxy.cut();
  cluster.sinkProxy.resume();
  const other = await cluster.workerProcess({ name: "other", concurrency: 1 });
  await other.said.next("started");
  other.tell({ kind: "release" });
  await expectOnce(cluster, taskId);
  expect(cluster.results.only(taskId)).toMatchObject({ worker: "other", attempt: 2 });
});

test("after, acknowledged and not reported: the ventilator learns of it from the sink, and settles", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  const proxy = await cluster.proxy(cluster.ventilator.endpoints.workers);
  const victim = await cluster.workerProcess({
    name: "victim",
    concurrency: 1,
    ventilators: [proxy.endpoint],
  });
  const { taskId } = await cluster.ventilator.submit(hold, 9);
  await victim.said.next("started");
  proxy.pause("onward");
  victim.tell({ kind: "release" });
  await cluster.results.until(1);
  await victim.kill();
  proxy.cut();
  const other = await cluster.workerProcess({ name: "other", concurrency: 1 });
  await other.said.next("started");
  other.tell({ kind: "release" });
  await expectOnce(cluster, taskId);
  expect(cluster.results.only(taskId)).toMatchObject({ worker: "victim", attempt: 1 });
  expect(cluster.sink.stats().duplicates).toBe(1);
});
