/** The push lane with real sockets and processes: what comes, what is lost with whom, and that it is said. */
import { defineTask, handler, type } from "@tq/common";
import { createZeromqTransport } from "@tq/common/transport";
import { expect, test } from "vitest";
import { pipeEnds } from "../support/pipe-probe.ts";
import { napping, squaring } from "./fixtures/handlers.ts";
import { nap, square } from "./fixtures/tasks.ts";
import { anyPort, Cluster, type ClusterOptions, waitOptions } from "./support/cluster.ts";
import { brisk } from "./support/timings.ts";

const atMostOnce = { delivery: "at-most-once" } as const;
const lane = { sink: { push: anyPort }, ventilator: { push: anyPort } };

const pushCluster = (options: ClusterOptions = {}): Promise<Cluster> =>
  Cluster.start({ ...lane, timing: brisk, ...options });

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** How many of the results that came are of each worker. */
function shares(cluster: Cluster): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { worker = "" } of cluster.results.all) counts[worker] = (counts[worker] ?? 0) + 1;
  return counts;
}

test("every task that is pushed comes to the sink once, over two workers, and nothing is missing", async () => {
  await using cluster = await pushCluster();
  for (const name of ["one", "two"]) await cluster.worker({ name, handlers: [squaring], concurrency: 4 });
  await cluster.ventilator.submitMany(square, numbers(20_000), atMostOnce);
  await cluster.results.until(20_000);
  expect(cluster.results.repeated).toEqual([]);
  const outputs = cluster.results.all.map((result) => result.outcome === "completed" && result.output);
  expect(outputs.sort((a, b) => Number(a) - Number(b))).toEqual(numbers(20_000).map((n) => n * n));
  expect(Object.keys(shares(cluster)).sort()).toEqual(["one", "two"]);
  await expect.poll(() => cluster.ventilator.stats().push?.unheard, waitOptions).toBe(0);
  expect(cluster.ventilator.stats().push).toMatchObject({ sent: 20_000, inFlight: 0, missing: 0 });
  expect(cluster.sink.stats().push).toMatchObject({ received: 20_000, missing: 0, duplicates: 0 });
});

test("the first worker to come leaves slow tasks to those that come later", async () => {
  await using cluster = await pushCluster();
  await cluster.worker({ name: "first", handlers: [napping], concurrency: 2 });
  const submitting = cluster.ventilator.submitMany(
    nap,
    numbers(300).map(() => 10),
    atMostOnce,
  );
  await cluster.results.until(20);
  await cluster.worker({ name: "second", handlers: [napping], concurrency: 2 });
  await submitting;
  await cluster.results.until(300);
  expect(shares(cluster).second).toBeGreaterThan(80);
});

test("a worker that is killed takes pushed tasks along, and it is said how many", async () => {
  await using cluster = await pushCluster();
  const [victim] = await Promise.all([
    cluster.workerProcess({ name: "victim", concurrency: 8 }),
    cluster.workerProcess({ name: "other", concurrency: 8 }),
  ]);
  await cluster.events.next("worker.joined", { count: 2 });
  const count = 2_000;
  const submitting = cluster.ventilator.submitMany(
    nap,
    numbers(count).map((n) => n % 5),
    atMostOnce,
  );
  await cluster.results.until(count / 4);
  await victim.kill();
  await submitting;
  await expect.poll(() => cluster.ventilator.stats().push?.unheard, waitOptions).toBe(0);
  const missing = count - cluster.results.size;
  expect(missing).toBeGreaterThan(0);
  expect(cluster.results.repeated).toEqual([]);
  expect(cluster.sink.stats().push).toMatchObject({ received: count - missing, missing });
  expect(cluster.ventilator.stats().push).toMatchObject({ sent: count, missing, inDoubt: 0 });
  expect(cluster.sinkEvents.of("push.missing").at(-1)).toMatchObject({
    task: "nap",
    through: count,
    missing,
  });
  expect(cluster.events.of("push.missing").at(-1)).toMatchObject({ task: "nap", through: count, missing });
});

test("a worker that drains under load finishes what it has read, and nothing is missing", async () => {
  await using cluster = await pushCluster();
  const { role: leaver } = await cluster.worker({ name: "leaver", handlers: [squaring], concurrency: 4 });
  const count = 30_000;
  const submitting = cluster.ventilator.submitMany(square, numbers(count), atMostOnce);
  await cluster.results.until(500);
  const draining = leaver.drain();
  await cluster.worker({ name: "heir", handlers: [squaring], concurrency: 4 });
  await draining;
  await submitting;
  await cluster.results.until(count);
  await expect.poll(() => cluster.ventilator.stats().push?.unheard, waitOptions).toBe(0);
  expect(cluster.results.repeated).toEqual([]);
  expect(cluster.ventilator.stats().push).toMatchObject({ sent: count, missing: 0 });
});

test("a worker that drains while the sink is held up waits for it, and nothing is missing", async () => {
  await using cluster = await pushCluster();
  const sink = await cluster.startSink({ push: anyPort, waitingResultsMax: 1_000 });
  const { role: ventilator } = await cluster.startVentilator({ sinks: [sink.endpoint], push: anyPort });
  const ventilators = [ventilator.endpoints.workers];
  const { role: leaver } = await cluster.worker({ handlers: [squaring], ventilators });
  const count = 5_000;
  await ventilator.submitMany(square, numbers(count), atMostOnce);
  await expect.poll(() => sink.stats().push.isHeld, waitOptions).toBe(true);
  const draining = leaver.drain();
  await cluster.worker({ handlers: [squaring], ventilators });
  let read = 0;
  for await (const batch of sink.results(square).batches()) {
    read += batch.length;
    if (read === count) break;
  }
  await draining;
  await expect.poll(() => ventilator.stats().push.unheard, waitOptions).toBe(0);
  expect(ventilator.stats().push).toMatchObject({ sent: count, missing: 0 });
});

test("a sink whose results nobody reads holds up workers, ventilator and submitMany, in bounded memory", async () => {
  await using cluster = await pushCluster();
  const text = defineTask({ name: "text", input: type<string>(), output: type<string>() });
  const sink = await cluster.startSink({ push: anyPort, waitingResultsMax: 500 });
  const { role: ventilator } = await cluster.startVentilator({ sinks: [sink.endpoint], push: anyPort });
  const { role: worker } = await cluster.worker({
    handlers: [handler(text, (input) => input)],
    ventilators: [ventilator.endpoints.workers],
  });
  let taken = 0;
  function* inputs(): Generator<string> {
    for (; taken < 1_000_000; taken++) yield "x".repeat(1_000);
  }
  const submitting = ventilator.submitMany(text, inputs(), atMostOnce).catch(() => undefined);
  await expect.poll(() => sink.stats().push.isHeld, waitOptions).toBe(true);
  let last = -1;
  await expect
    .poll(
      () => {
        const isStill = taken === last;
        last = taken;
        return isStill;
      },
      { ...waitOptions, interval: 300 },
    )
    .toBe(true);
  expect(taken).toBeLessThan(200_000);
  const { waiting, unsent } = worker.stats().push;
  expect(waiting + unsent).toBeLessThan(40_000);

  let read = 0;
  for await (const batch of sink.results(text).batches()) {
    read += batch.length;
    if (read > 50_000) break;
  }
  expect(sink.stats().push.received).toBeGreaterThan(50_000);
  await ventilator.close();
  await submitting;
});

test("tasks that a worker has no handler for fail there, and one that stays out of the lane leaves them to others", async () => {
  await using cluster = await pushCluster();
  const { role: stranger } = await cluster.worker({
    name: "stranger",
    handlers: [handler(nap, (ms) => ms)],
    push: false,
  });
  await cluster.worker({ name: "helper", handlers: [squaring] });
  await cluster.ventilator.submitMany(square, numbers(100), atMostOnce);
  await cluster.results.until(100);
  expect(shares(cluster)).toEqual({ helper: 100 });
  expect(stranger.stats().push).toEqual({ waiting: 0, running: 0, unsent: 0 });
});

test("a writer of nonsense in the sink's pipe is counted, and the others are read", async () => {
  await using cluster = await pushCluster();
  const transport = createZeromqTransport();
  cluster.use({ [Symbol.asyncDispose]: () => transport.close() });
  const boor = pipeEnds(transport).connectPush(cluster.sink.pushEndpoint ?? "");
  await boor.send("nonsense");
  await boor.send("", "", "");
  await boor.send(...numbers(300).map(String));
  await expect.poll(() => cluster.sink.stats().violations, waitOptions).toBe(3);
  await cluster.worker({ handlers: [squaring] });
  await cluster.ventilator.submitMany(square, numbers(100), atMostOnce);
  await cluster.results.until(100);
});
