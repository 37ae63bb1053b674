/**
 * Connections that are cut, or go silent, while both ends live on: the promise of acknowledgement, over real sockets, in
 * the middle of thousands of tasks. A small proxy does the cutting.
 */
import { expect, test, vi } from "vitest";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { failingSome, napping } from "./fixtures/handlers.ts";
import { failing, nap } from "./fixtures/tasks.ts";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";
import { brisk } from "./support/timings.ts";

const taskCount = 4_000;
const cutCount = 10;

/** 0 to 4 milliseconds of work each. */
function* naps(count: number): Iterable<number> {
  for (let n = 0; n < count; n++) yield n % 5;
}

/** Cuts whenever another share of the tasks has been committed, so that every cut is in the middle of the work. */
async function cutAlong(cluster: Cluster, proxy: TcpProxy): Promise<void> {
  for (let cut = 1; cut <= cutCount; cut++) {
    await cluster.results.until(Math.floor((cut * taskCount) / (cutCount + 1)));
    await vi.waitFor(() => expect(proxy.connections).toBeGreaterThan(0), waitOptions);
    proxy.cut();
  }
}

/** All of them ended, each was committed once, and nobody was blamed for a cut. */
async function expectEachOnce(cluster: Cluster): Promise<void> {
  await cluster.results.until(taskCount);
  await cluster.expectRest();
  expect(cluster.results.size).toBe(taskCount);
  expect(cluster.results.repeated).toEqual([]);
  expect(cluster.events.of("task.crashed")).toEqual([]);
  expect(cluster.events.of("peer.violation")).toEqual([]);
}

test("cut between workers and their ventilator, again and again: every task settles once, and no lease is left over", async () => {
  await using cluster = await Cluster.start();
  const proxy = await cluster.proxy(cluster.ventilator.endpoints.workers);
  const workers = [];
  for (let n = 0; n < 2; n++) {
    const options = { ventilators: [proxy.endpoint], concurrency: 16, handlers: [napping] };
    workers.push(await cluster.worker(options));
  }
  const cutting = cutAlong(cluster, proxy);
  const answered = (async () => {
    const outputs: number[] = [];
    for await (const output of cluster.ventilator.map(nap, naps(1_000))) outputs.push(output);
    return outputs;
  })();
  await cluster.ventilator.submitMany(nap, naps(taskCount));
  await cutting;
  expect(await answered).toEqual([...naps(1_000)]);
  await expectEachOnce(cluster);
  expect(proxy.connectionsMade).toBeGreaterThan(cutCount);
  for (const { role } of workers) {
    await expect
      .poll(() => role.stats(), waitOptions)
      .toMatchObject({ running: 0, queued: 0, uncommitted: 0 });
    expect(role.stats().violations).toBe(0);
  }
});

test("cut between the sink and its workers and ventilator: every outcome is committed once, failures too", async () => {
  await using cluster = await Cluster.start({ sinkProxy: true });
  for (let n = 0; n < 2; n++) await cluster.worker({ concurrency: 16, handlers: [failingSome] });
  const cutting = cutAlong(cluster, cluster.sinkProxy);
  await cluster.ventilator.submitMany(failing, Array.from({ length: taskCount }).keys());
  await cutting;
  await expectEachOnce(cluster);
  const outcomes = cluster.results.all.map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === "failed")).toHaveLength(Math.ceil(taskCount / 3));
  expect(outcomes.filter((outcome) => outcome === "completed")).toHaveLength(Math.floor((taskCount * 2) / 3));
  expect(cluster.sink.stats().violations).toBe(0);
  expect(cluster.sinkProxy.connectionsMade).toBeGreaterThan(cutCount);
});

test("cut between a producer and its ventilator: each task is accepted once, and each answer comes once, in order", async () => {
  await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  const proxy = await cluster.proxy(cluster.ventilator.endpoints.producers ?? "");
  await cluster.worker({ concurrency: 32, handlers: [napping] });
  const { role: producer } = await cluster.producer({ ventilators: [proxy.endpoint] });
  const cutting = cutAlong(cluster, proxy);
  const answered = (async () => {
    const outputs: number[] = [];
    for await (const output of producer.map(nap, naps(1_000), { inFlight: 50 })) outputs.push(output);
    return outputs;
  })();
  // A few at a time, so that submissions are under way at every cut.
  let accepted = 0;
  while (accepted < taskCount) accepted += (await producer.submitMany(nap, naps(20))).accepted;
  await cutting;
  expect(await answered).toEqual([...naps(1_000)]);
  await expectEachOnce(cluster);
  expect(proxy.connectionsMade).toBeGreaterThanOrEqual(cutCount);
  // It has heard of every end as well.
  await expect
    .poll(() => producer.stats(), waitOptions)
    .toMatchObject({ settled: taskCount, answered: 1_000, unaccepted: 0, unanswered: 0 });
  await expect.poll(() => producer.stats().ventilators, waitOptions).toMatchObject([{ unsettled: 0 }]);
});

test("silence between a worker and its ventilator that outlasts liveness: it is gone, comes back, and nobody crashed", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  const proxy = await cluster.proxy(cluster.ventilator.endpoints.workers);
  const throughProxy = {
    ventilators: [proxy.endpoint],
    name: "silent",
    concurrency: 16,
    handlers: [napping],
  };
  await cluster.worker(throughProxy);
  await cluster.worker({ name: "direct", concurrency: 2, handlers: [napping] });
  await cluster.events.next("worker.joined", { count: 2 });
  const submitting = cluster.ventilator.submitMany(nap, naps(taskCount));
  for (let silence = 1; silence <= 2; silence++) {
    await cluster.results.until((silence * taskCount) / 4);
    proxy.pause();
    await cluster.events.next("worker.gone", { fits: ({ worker }) => worker === "silent", count: silence });
    proxy.resume();
    const isSilent = ({ worker }: { worker: string }) => worker === "silent";
    await cluster.events.next("worker.joined", { fits: isSilent, count: silence + 1 });
  }
  await submitting;
  await expectEachOnce(cluster);
});

test("silence between the sink and everybody else that outlasts liveness: all is offered again, and committed once", async () => {
  await using cluster = await Cluster.start({ timing: brisk, sinkProxy: true });
  await cluster.worker({ concurrency: 16, handlers: [failingSome] });
  const submitting = cluster.ventilator.submitMany(failing, Array.from({ length: taskCount }).keys());
  for (let silence = 1; silence <= 2; silence++) {
    await cluster.results.until((silence * taskCount) / 4);
    cluster.sinkProxy.pause();
    const isSilent = ({ reason }: { reason: string }) => reason === "silent";
    await cluster.sinkEvents.next("worker.left", { fits: isSilent, count: silence });
    await cluster.sinkEvents.next("ventilator.left", { fits: isSilent, count: silence });
    cluster.sinkProxy.resume();
  }
  await submitting;
  await expectEachOnce(cluster);
});

test("silence between a producer and its ventilator that outlasts liveness: all is accepted once, and every answer comes", async () => {
  await using cluster = await Cluster.start({ timing: brisk, ventilator: { producers: anyPort } });
  const proxy = await cluster.proxy(cluster.ventilator.endpoints.producers ?? "");
  await cluster.worker({ concurrency: 16, handlers: [napping] });
  const { role: producer, events } = await cluster.producer({ ventilators: [proxy.endpoint] });
  const answered = (async () => {
    const outputs: number[] = [];
    for await (const output of producer.map(nap, naps(1_000), { inFlight: 50 })) outputs.push(output);
    return outputs;
  })();
  const submitting = (async () => {
    let accepted = 0;
    while (accepted < taskCount) accepted += (await producer.submitMany(nap, naps(20))).accepted;
    return accepted;
  })();
  for (let silence = 1; silence <= 2; silence++) {
    await cluster.results.until((silence * taskCount) / 4);
    proxy.pause();
    await vi.waitFor(() => expect(cluster.ventilator.stats().producers).toBe(0), waitOptions);
    proxy.resume();
    await events.next("ventilator.joined", { count: silence + 1 });
  }
  expect(await submitting).toBe(taskCount);
  expect(await answered).toEqual([...naps(1_000)]);
  await expectEachOnce(cluster);
});
