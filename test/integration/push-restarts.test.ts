/** The push lane when a producer comes from elsewhere, and when the sink is started anew. */
import { expect, test } from "vitest";
import { squaring } from "./fixtures/handlers.ts";
import { square } from "./fixtures/tasks.ts";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";
import { brisk } from "./support/timings.ts";

const atMostOnce = { delivery: "at-most-once" } as const;
const lane = { sink: { push: anyPort }, ventilator: { push: anyPort } };

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test("a remote producer pushes, and may leave as soon as its tasks are accepted: they all run, and are counted", async () => {
  await using cluster = await Cluster.start({ ...lane, timing: brisk });
  const { role: producer } = await cluster.producer();
  const { ids } = await producer.submitMany(square, numbers(5_000), atMostOnce);
  expect(ids).toHaveLength(1);
  expect(producer.stats()).toMatchObject({ unaccepted: 0, ventilators: [{ unsettled: 0 }] });
  await producer.close();
  await cluster.worker({ handlers: [squaring], concurrency: 4 });
  await cluster.results.until(5_000);
  expect(cluster.results.repeated).toEqual([]);
  await expect.poll(() => cluster.ventilator.stats().push.unheard, waitOptions).toBe(0);
  expect(cluster.ventilator.stats()).toMatchObject({ unsettled: 0, push: { sent: 5_000, missing: 0 } });
});

test("a sink that is started anew gets what waits; what the one before had not counted is said to be in doubt, and no more", async () => {
  await using cluster = await Cluster.start({ timing: brisk });
  const first = await cluster.startSink({ push: anyPort });
  const { role: ventilator, events } = await cluster.startVentilator({
    sinks: [first.endpoint],
    push: anyPort,
  });
  await cluster.worker({ handlers: [squaring], ventilators: [ventilator.endpoints.workers], concurrency: 4 });
  await ventilator.submitMany(square, numbers(3_000), atMostOnce);
  await expect.poll(() => ventilator.stats().push, waitOptions).toMatchObject({ sent: 3_000, unheard: 0 });

  const { endpoint, pushEndpoint = "" } = first;
  await first.close();
  await events.next("sink.lost");
  await ventilator.submitMany(square, numbers(2_000), atMostOnce);
  const second = await cluster.startSink({ bind: endpoint, push: pushEndpoint });
  const seen = new Set<number>();
  const reading = (async () => {
    for await (const result of second.results(square)) {
      if (result.outcome === "completed") seen.add(result.output);
    }
  })();
  await expect.poll(() => ventilator.stats().push, waitOptions).toMatchObject({ sent: 5_000, unheard: 0 });
  const { missing, inDoubt } = ventilator.stats().push;
  // Counted before it went, so nothing of the first three thousand is in doubt.
  expect(inDoubt).toBe(events.of("push.in-doubt").reduce((sum, { tasks }) => sum + tasks, 0));
  expect(inDoubt).toBeLessThanOrEqual(2_000);
  await second.drain();
  await reading;
  expect(seen.size + missing + inDoubt).toBeGreaterThanOrEqual(2_000);
  expect(seen.size).toBeLessThanOrEqual(2_000);
});
