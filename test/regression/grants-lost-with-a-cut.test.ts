/** A grant that was under way when a connection was cut used to be missing until the next heartbeat. */
import { expect, test, vi } from "vitest";
import { napping } from "../integration/fixtures/handlers.ts";
import { nap } from "../integration/fixtures/tasks.ts";
import { Cluster, waitOptions } from "../integration/support/cluster.ts";

test("after a cut the work goes on at once, long before the next heartbeat", async () => {
  const heartbeatMs = 600_000;
  const timing = { heartbeatMs, liveness: 3, helloRetryMs: 10, unreachableAfterMs: 5_000 };
  await using cluster = await Cluster.start({ timing });
  const proxy = await cluster.proxy(cluster.ventilator.endpoints.workers);
  await cluster.worker({ ventilators: [proxy.endpoint], concurrency: 16, handlers: [napping] });
  const taskCount = 2_000;
  const submitting = cluster.ventilator.submitMany(nap, new Array<number>(taskCount).fill(2));
  for (let cut = 1; cut <= 10; cut++) {
    await cluster.results.until((cut * taskCount) / 11);
    await vi.waitFor(() => expect(proxy.connections).toBeGreaterThan(0), waitOptions);
    proxy.cut();
  }
  await submitting;
  await cluster.results.until(taskCount);
  await cluster.expectRest();
  expect(cluster.results.repeated).toEqual([]);
});
