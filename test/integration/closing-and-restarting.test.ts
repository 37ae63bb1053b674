/** A sink or ventilator that is closed with work on hand, and started again at the same port. */
import { handler } from "@tq/common";
import { describe, expect, test } from "vitest";
import { napping, squaring } from "./fixtures/handlers.ts";
import { hold, nap, square } from "./fixtures/tasks.ts";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";
import { CollectedResults } from "./support/collected-results.ts";
import { errorOf } from "./support/error-of.ts";
import { patient } from "./support/timings.ts";

describe("a sink in memory that is closed and started again at the same port", () => {
  test("gets what its workers still hold: no task is lost, and each is committed by one of the two", async () => {
    await using cluster = await Cluster.start({ timing: patient });
    const taskCount = 3_000;
    let gate = Promise.resolve();
    const gated = handler(nap, async (ms, context) => {
      await gate;
      return napping.run(ms, context) as Promise<number>;
    });
    const { role: worker, events } = await cluster.worker({ concurrency: 32, handlers: [gated] });
    const submitting = cluster.ventilator.submitMany(nap, new Array<number>(taskCount).fill(2));
    await cluster.results.until(taskCount / 3);
    const opened = Promise.withResolvers<void>();
    gate = opened.promise;
    await expect.poll(() => worker.stats(), waitOptions).toMatchObject({ running: 32, uncommitted: 0 });
    await cluster.sink.close();
    await cluster.results.ended;
    await cluster.events.next("sink.lost");
    await events.next("sink.lost");
    // The worker goes on with what it has, and keeps the results.
    opened.resolve();
    await expect.poll(() => worker.stats(), waitOptions).toMatchObject({ running: 0, queued: 0 });
    expect(worker.stats().uncommitted).toBeGreaterThanOrEqual(32);
    const second = await cluster.startSink({ bind: cluster.sink.endpoint });
    const rest = new CollectedResults(second);
    await submitting;
    await cluster.expectRest();
    await expect.poll(() => worker.stats().uncommitted, waitOptions).toBe(0);
    const ids = new Set([...cluster.results.byId.keys(), ...rest.byId.keys()]);
    expect(ids.size).toBe(taskCount);
    expect([...cluster.results.repeated, ...rest.repeated]).toEqual([]);
    // The first one told all it had committed before it closed: so the second commits the others, and only those.
    const commits = [cluster.sink, second].map((sink) => sink.stats().committed.completed);
    expect((commits[0] ?? 0) + (commits[1] ?? 0)).toBe(taskCount);
    // A loop may have seen, and not committed, what was on hand when the sink closed: that alone is seen again.
    const seenTwice = cluster.results.size + rest.size - taskCount;
    const left = cluster.sinkEvents.of("results.left").reduce((sum, { count }) => sum + count, 0);
    expect(seenTwice).toBeLessThanOrEqual(left);
  });
});

describe("a sink that is not there yet", () => {
  test("is said once by its ventilator, which takes tasks all the same, and has them run when it comes", async () => {
    await using cluster = await Cluster.start({ timing: patient });
    // A port that was free a moment ago.
    const absent = await cluster.startSink();
    const { endpoint } = absent;
    await absent.close();
    const { role: ventilator, events } = await cluster.startVentilator({ sinks: [endpoint] });
    const { taskId } = await ventilator.submit(square, 6);
    await cluster.worker({ ventilators: [ventilator.endpoints.workers], handlers: [squaring] });
    expect(await events.next("sink.unreachable")).toMatchObject({ endpoint });
    await expect
      .poll(() => ventilator.stats(), waitOptions)
      .toMatchObject({ sinks: 0, withoutSink: 1, unsettled: 1 });
    // What is answered needs no sink.
    expect(await ventilator.run(square, 5)).toBe(25);
    const results = new CollectedResults(await cluster.startSink({ bind: endpoint }));
    await results.until(1);
    expect(results.only(taskId)).toMatchObject({ output: 36, attempt: 1 });
    await expect.poll(() => ventilator.stats().unsettled, waitOptions).toBe(0);
    expect(events.of("sink.unreachable")).toHaveLength(1);
  });
});

describe("a ventilator that is closed with tasks unsettled", () => {
  test("tells the callers in its own process at once, and those elsewhere when it stays away", async () => {
    await using cluster = await Cluster.start({ timing: patient, ventilator: { producers: anyPort } });
    const { role: producer } = await cluster.producer({ timeoutMs: 400 });
    const own = [cluster.ventilator.run(square, 1), cluster.ventilator.map(square, [1, 2]).next()].map(
      errorOf,
    );
    const remote = [producer.run(square, 1), producer.map(square, [1, 2]).next()].map(errorOf);
    await expect.poll(() => cluster.ventilator.stats().unsettled, waitOptions).toBe(6);
    await cluster.ventilator.close();
    for (const error of await Promise.all(own)) expect(error.code).toBe("TQ_ERR_CLOSED");
    for (const error of await Promise.all(remote)) {
      expect(error.code).toBe("TQ_ERR_UNKNOWN_OUTCOME");
      expect(error.details).toMatchObject({ taskId: expect.stringMatching(/^[0-9a-f]{16}-\d+$/) });
    }
    expect(producer.connected).toBe(false);
    const later = await errorOf(producer.submit(square, 1));
    expect(later.code).toBe("TQ_ERR_UNREACHABLE");
    expect(later.message).toContain(cluster.ventilator.endpoints.producers);
  });

  test("and started again at the same ports: workers and producers come back, answers come, and what it had accepted runs", async () => {
    await using cluster = await Cluster.start({ timing: patient, ventilator: { producers: anyPort } });
    const { role: producer, events } = await cluster.producer();
    const started = Promise.withResolvers<void>();
    let starts = 0;
    const holding = handler(hold, (input, { signal }) => {
      started.resolve();
      starts += 1;
      if (starts > 1) return Promise.resolve(input);
      return new Promise<number>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
    });
    const worker = await cluster.worker({ concurrency: 1, handlers: [holding, squaring] });
    const { taskId } = await producer.submit(hold, 1);
    await started.promise;
    const answer = producer.run(square, 12);
    await expect.poll(() => cluster.ventilator.stats().unsettled, waitOptions).toBe(2);
    const { workers, producers } = cluster.ventilator.endpoints;
    await cluster.ventilator.close();
    const second = await cluster.startVentilator({ workers, producers, sinks: [cluster.sink.endpoint] });
    // It has no journal, but the producer is still there, and has both.
    expect(await answer).toBe(144);
    expect(await events.next("tasks.reclaimed")).toMatchObject({ kept: 0, ended: 0, resubmitted: 1 });
    await expect.poll(() => worker.role.stats(), waitOptions).toMatchObject({ running: 0, queued: 0 });
    const again = await producer.submit(square, 13);
    await cluster.results.until(2);
    expect(cluster.results.only(again.taskId)).toMatchObject({ output: 169 });
    expect(cluster.results.only(taskId)).toMatchObject({ output: 1 });
    await expect.poll(() => producer.stats().keptBytes, waitOptions).toBe(0);
    await expect.poll(() => second.role.stats(), waitOptions).toMatchObject({ unsettled: 0, leased: 0 });
  });
});
