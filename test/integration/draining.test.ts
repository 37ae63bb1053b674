/** Workers that come and go on purpose, and what two ventilators get of one worker. */
import { handler } from "@tq/common";
import { describe, expect, test } from "vitest";
import { napping, squaring } from "./fixtures/handlers.ts";
import { hold, nap, square } from "./fixtures/tasks.ts";
import { Cluster, waitOptions } from "./support/cluster.ts";

describe("rolling restarts of workers", () => {
  test("while 20,000 tasks flow lose none, fail none, and count nothing as a failure", async () => {
    await using cluster = await Cluster.start();
    const taskCount = 20_000;
    const start = (n: number) =>
      cluster.worker({ name: `worker ${n}`, concurrency: 32, handlers: [squaring, napping] });
    let running = [await start(0), await start(1)];
    // Mostly quick ones, so that queues are long; some that are in the middle when their worker drains.
    const submitting = Promise.all([
      cluster.ventilator.submitMany(square, Array.from({ length: taskCount * 0.8 }).keys()),
      cluster.ventilator.submitMany(nap, new Array<number>(taskCount * 0.2).fill(5)),
    ]);
    for (let n = 2; n < 8; n++) {
      await cluster.results.until(((n - 1) * taskCount) / 8);
      const [oldest, ...others] = running;
      running = [...others, await start(n)];
      await oldest?.role.drain();
      expect(oldest?.events.of("attempts.left")).toEqual([]);
    }
    await submitting;
    await cluster.results.until(taskCount);
    await cluster.expectRest();
    expect(cluster.results.size).toBe(taskCount);
    expect(cluster.results.repeated).toEqual([]);
    expect(cluster.results.all.every(({ outcome }) => outcome === "completed")).toBe(true);
    expect(cluster.events.of("worker.left")).toHaveLength(6);
    // Each had given back, or finished, all it had before it said goodbye; what crossed that on its way it never had.
    for (const { returned, unreceived } of cluster.events.of("worker.left"))
      expect(returned).toBe(unreceived);
    for (const type of ["task.retrying", "task.crashed", "worker.gone", "leases.lost"] as const) {
      expect(cluster.events.of(type)).toEqual([]);
    }
  });
});

describe("a drain", () => {
  test("whose deadline passes gives back what still runs, says which by id, and another worker runs it", async () => {
    await using cluster = await Cluster.start();
    const started = Promise.withResolvers<AbortSignal>();
    const { role, events } = await cluster.worker({
      name: "slow",
      concurrency: 1,
      handlers: [
        handler(hold, (_, { signal }) => {
          started.resolve(signal);
          return new Promise<number>(() => {});
        }),
      ],
    });
    const { taskId, traceId } = await cluster.ventilator.submit(hold, 1);
    const signal = await started.promise;
    await role.drain({ timeoutMs: 100 });
    expect(signal.reason).toMatchObject({ code: "TQ_ERR_CLOSED" });
    expect(events.of("attempts.left")).toMatchObject([
      { count: 1, attempts: [{ taskId, traceId, state: "running", attempt: 1 }] },
    ]);
    const [line] = cluster.logs.worker.of("attempts.left");
    expect(line).toMatchObject({ level: 40, attempts: [{ taskId }] });
    expect(await cluster.events.next("worker.left")).toMatchObject({ worker: "slow" });
    await cluster.worker({ name: "next", handlers: [handler(hold, (n: number) => n + 1)] });
    await cluster.results.until(1);
    expect(cluster.results.only(taskId)).toMatchObject({ output: 2, worker: "next" });
    expect(cluster.events.of("task.retrying")).toEqual([]);
    expect(cluster.events.of("worker.gone")).toEqual([]);
    await cluster.expectRest();
  });

  test("of a ventilator whose deadline passes says by id what is not settled", async () => {
    await using cluster = await Cluster.start();
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push((await cluster.ventilator.submit(square, n)).taskId);
    await cluster.ventilator.drain({ timeoutMs: 50 });
    expect(cluster.logs.ventilator.of("drain.left")).toMatchObject([{ level: 40, count: 3, ids }]);
  });
});

test("two ventilators that both have plenty get fair shares of one worker: neither below two fifths", async () => {
  await using cluster = await Cluster.start();
  const second = await cluster.startVentilator({ sinks: [cluster.sink.endpoint] });
  const ventilators = [cluster.ventilator, second.role];
  await Promise.all([cluster.events.next("sink.joined"), second.events.next("sink.joined")]);
  const each = 4_000;
  const submitted = await Promise.all(
    ventilators.map((ventilator) => ventilator.submitMany(nap, new Array<number>(each).fill(1))),
  );
  const origins = submitted.map(({ ids }) => ids[0]?.origin);
  const bothJoined = Promise.withResolvers<void>();
  const gated = handler(nap, async (ms, context) => {
    await bothJoined.promise;
    return napping.run(ms, context) as Promise<number>;
  });
  const worker = await cluster.worker({
    ventilators: ventilators.map(({ endpoints }) => endpoints.workers),
    concurrency: 16,
    handlers: [gated],
  });
  await worker.events.next("ventilator.joined", { count: 2 });
  bothJoined.resolve();
  // While both still have tasks. In the first hundreds the worker finds its window.
  await cluster.results.until(each);
  const counted = [...cluster.results.byId.keys()].slice(500, each);
  const ofFirst = counted.filter((id) => id.startsWith(`${origins[0]}-`)).length;
  expect(ofFirst).toBeGreaterThan(counted.length * 0.4);
  expect(ofFirst).toBeLessThan(counted.length * 0.6);
  await cluster.results.until(2 * each);
  await cluster.expectRest();
  await expect.poll(() => second.role.stats(), waitOptions).toMatchObject({ unsettled: 0, leased: 0 });
  expect(cluster.results.repeated).toEqual([]);
});
