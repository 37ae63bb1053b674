/** Two hundred workers whose connections all break at once. */
import { handler } from "@tq/common";
import { createZeromqTransport } from "@tq/common/transport";
import { startWorker } from "@tq/worker";
import { expect, test } from "vitest";
import { square } from "../../integration/fixtures/tasks.ts";
import { Cluster, waitOptions } from "../../integration/support/cluster.ts";

const workerCount = 200;
const taskCount = 4_000;

test("two hundred workers that lose their connections at once are all back, and every task ends once", async () => {
  await using cluster = await Cluster.start();
  const proxy = await cluster.proxy(cluster.ventilator.endpoints.workers);
  const { log } = cluster.logs.worker;
  await using stack = new AsyncDisposableStack();
  // A context of the library has room for a thousand sockets. Closed last: they carry all workers.
  const transports = Array.from({ length: 4 }, () => createZeromqTransport({}));
  for (const transport of transports) stack.defer(() => transport.close());
  const squaring = handler(square, (n: number) => n * n);
  for (let count = 0; count < workerCount; count++) {
    const options = { ventilators: [proxy.endpoint], handlers: [squaring], concurrency: 1, log };
    // In one process a thread for each heart would be what is measured.
    const transport = transports[count % transports.length];
    const worker = await startWorker(options, { transport, lendHeart: () => {} });
    stack.defer(() => worker.close());
  }
  await cluster.events.next("worker.joined", { count: workerCount });
  const submitting = cluster.ventilator.submitMany(square, Array.from({ length: taskCount }).keys());
  for (let cut = 1; cut <= 3; cut++) {
    await cluster.results.until((cut * taskCount) / 4);
    const before = proxy.connectionsMade;
    proxy.cut();
    await expect.poll(() => proxy.connectionsMade - before, waitOptions).toBeGreaterThanOrEqual(workerCount);
  }
  await submitting;
  await cluster.results.until(taskCount);
  await cluster.expectRest();
  expect(cluster.results.repeated).toEqual([]);
  await expect.poll(() => cluster.ventilator.stats().workers, waitOptions).toBe(workerCount);
  expect(cluster.events.of("task.crashed")).toEqual([]);
});
