/** Every fault at once, over real sockets: cuts and silences on every link, deaths, drains, failures and cancellations. */
import type { OutcomeStatus } from "@tq/common";
import { seededRandom } from "@tq/common/transport";
import { expect, test } from "vitest";
import { failingSome, napping } from "./fixtures/handlers.ts";
import { failing, nap } from "./fixtures/tasks.ts";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";
import { brisk } from "./support/timings.ts";

const taskCount = 3_000;
const random = seededRandom(Number(process.env.TQ_SEED ?? 1));
const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
const oneOf = <Item>(items: readonly Item[]): Item => items[between(0, items.length - 1)] as Item;

test("each accepted task ends once, with the outcome that its producer is told, whatever happens to the links and workers", async () => {
  await using cluster = await Cluster.start({
    timing: brisk,
    sinkProxy: true,
    ventilator: { producers: anyPort },
  });
  const { workers, producers = "" } = cluster.ventilator.endpoints;
  const workersProxy = await cluster.proxy(workers);
  const producersProxy = await cluster.proxy(producers);
  const proxies = [workersProxy, producersProxy, cluster.sinkProxy];
  const options = { ventilators: [workersProxy.endpoint], concurrency: 8 };
  const handlers = [napping, failingSome];
  const processes = [await cluster.workerProcess(options), await cluster.workerProcess(options)];
  let drained = await cluster.worker({ ...options, handlers });
  const { role: producer } = await cluster.producer({ ventilators: [producersProxy.endpoint] });

  const strikes = [
    () => oneOf(proxies).cut(),
    () =>
      proxies.forEach((proxy) => {
        proxy.cut();
      }),
    async () => {
      const proxy = oneOf(proxies);
      // There has to be somebody who can go.
      await expect.poll(() => cluster.ventilator.stats().workers, waitOptions).toBeGreaterThan(0);
      await expect.poll(() => cluster.sink.stats().workers, waitOptions).toBeGreaterThan(0);
      const gone = () =>
        cluster.events.of("worker.gone").length + cluster.sinkEvents.of("worker.left").length;
      const goneBefore = gone();
      proxy.pause();
      if (proxy !== producersProxy) await expect.poll(gone, waitOptions).toBeGreaterThan(goneBefore);
      proxy.resume();
    },
    async () => {
      await processes.shift()?.kill();
      processes.push(await cluster.workerProcess(options));
    },
    async () => {
      const next = await cluster.worker({ ...options, handlers });
      await drained.role.drain({ timeoutMs: 2_000 });
      drained = next;
    },
  ];

  const answered = (async () => {
    const outcomes: OutcomeStatus[] = [];
    const inputs = Array.from({ length: 600 }).keys();
    for await (const { index, outcome } of producer.mapSettled(failing, inputs, { inFlight: 60 }))
      outcomes[index] = outcome.status;
    return outcomes;
  })();
  const cancelled: Promise<OutcomeStatus | Error>[] = [];
  const submitting = (async () => {
    for (let count = 0; count < taskCount; count += 30) {
      const task = oneOf([nap, failing]);
      const { ids } = await producer.submitMany(
        task,
        Array.from({ length: 30 }, () => between(0, 5)),
      );
      const [range] = ids;
      if (range !== undefined && random() < 0.3)
        cancelled.push(producer.cancel(`${range.origin}-${range.first}`).catch((error: Error) => error));
    }
  })();
  for (let strike = 1; strike <= 12; strike++) {
    await cluster.results.until((strike * taskCount) / 14);
    await oneOf(strikes)();
  }
  await submitting;
  await cluster.results.until(taskCount);
  await cluster.expectRest();
  expect(cluster.results.size).toBe(taskCount);
  expect(cluster.results.repeated).toEqual([]);
  expect(await answered).toEqual(
    Array.from({ length: 600 }, (_, n) => (n % 3 === 0 ? "failed" : "completed")),
  );
  const outcomes = await Promise.all(cancelled);
  expect(
    outcomes.filter((outcome) => !["cancelled", "completed", "failed"].includes(String(outcome))),
  ).toEqual([]);
  const cancelledAtSink = cluster.results.all.filter(({ outcome }) => outcome === "cancelled").length;
  expect(outcomes.filter((outcome) => outcome === "cancelled")).toHaveLength(cancelledAtSink);
  expect(cluster.results.all.filter(({ outcome }) => outcome === "dead" || outcome === "expired")).toEqual(
    [],
  );
});
