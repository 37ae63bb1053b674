import { DiscardTask, defineTask, handler, RetryTask, type } from "@tq/common";
import { expect, test, vi } from "vitest";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";

const retry = { maxAttempts: 2, backoff: { initialMs: 1 } };
const pay = defineTask({ name: "pay", input: type<{ order: number }>(), output: type<string>(), retry });
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a task that failed for good is listed, shown, and retried to its end by a remote producer", async () => {
  await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  let isMended = false;
  await cluster.worker({
    handlers: [
      handler(pay, ({ order }, ctx) => {
        if (isMended) return `paid ${order}`;
        throw new RangeError(`attempt ${ctx.attempt}`, { cause: new Error("no bank") });
      }),
    ],
  });
  const { role: producer } = await cluster.producer({ name: "shop" });
  const { taskId } = await producer.submit(pay, { order: 7 }, { traceparent, priority: 3 });
  await vi.waitFor(async () => expect((await producer.dead.list()).letters).toHaveLength(1), waitOptions);
  // Whoever waits at the sink has learnt of it, too.
  const failed = await cluster.results.of(taskId);
  expect(failed).toMatchObject({ outcome: "failed", error: { message: "attempt 2" } });

  const letter = await producer.dead.show(taskId);
  expect(letter).toMatchObject({
    task: "pay",
    outcome: "failed",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    submitter: "shop",
    input: { order: 7 },
    options: { priority: 3, traceparent },
    policy: { maxAttempts: 2 },
    errors: [
      { attempt: 1, error: { name: "RangeError", message: "attempt 1", cause: { message: "no bank" } } },
      { attempt: 2, error: { name: "RangeError", message: "attempt 2", stack: expect.any(String) } },
    ],
  });
  expect(await cluster.ventilator.dead.list({ outcome: "dead" })).toMatchObject({ letters: [] });

  isMended = true;
  const [retried] = await producer.dead.retry({ task: "pay" });
  expect(retried?.taskId).toBe(taskId);
  expect(await cluster.results.of(retried?.retriedAs ?? "")).toMatchObject({
    outcome: "completed",
    output: "paid 7",
    traceId: "0af7651916cd43dd8448eb211c80319c",
  });
  await cluster.expectRest();
  await expect(producer.dead.show(taskId)).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_TASK" });
});

test("RetryTask chooses the wait and DiscardTask ends it; each end, also cancelled and expired, reaches the sink", async () => {
  await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  const attempts: number[] = [];
  await cluster.worker({
    handlers: [
      handler(pay, ({ order }, ctx) => {
        attempts.push(ctx.attempt);
        if (ctx.attempt === 1) throw new RetryTask({ afterMs: 5, reason: "busy" });
        throw new DiscardTask(`order ${order} is gone`);
      }),
    ],
  });
  const nobody = defineTask({ name: "nobody-runs-this", input: type<number>(), output: type<number>() });
  const { ventilator, results } = cluster;
  const discarded = await ventilator.submit(pay, { order: 1 });
  const cancelled = await ventilator.submit(nobody, 1);
  const expired = await ventilator.submit(nobody, 1, { expiresMs: 20 });
  await ventilator.cancel(cancelled.taskId);
  expect(await results.of(discarded.taskId)).toMatchObject({
    outcome: "failed",
    error: { name: "DiscardTask", message: "order 1 is gone" },
  });
  expect(await results.of(cancelled.taskId)).toMatchObject({ outcome: "cancelled" });
  expect(await results.of(expired.taskId)).toMatchObject({ outcome: "expired" });
  expect(attempts).toEqual([1, 2]);
  await cluster.expectRest();
  expect((await ventilator.dead.list()).letters.map(({ taskId }) => taskId)).toEqual([discarded.taskId]);
  expect(await ventilator.dead.discard(discarded.taskId)).toBe(1);
});

test("two producers that submit the same order run it once, and both know its ids", async () => {
  await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  const runs: number[] = [];
  await cluster.worker({
    handlers: [
      handler(pay, ({ order }) => {
        runs.push(order);
        return `paid ${order}`;
      }),
    ],
  });
  const [one, other] = [await cluster.producer(), await cluster.producer()];
  const options = { idempotencyKey: "order-7" };
  const first = await one.role.submit(pay, { order: 7 }, options);
  expect(first.isDuplicate).toBe(false);
  expect(await other.role.submit(pay, { order: 7 }, options)).toEqual({ ...first, isDuplicate: true });
  await cluster.results.of(first.taskId);
  await cluster.expectRest();
  // The ventilator's own submitter is no other.
  expect(await cluster.ventilator.submit(pay, { order: 7 }, options)).toEqual({
    ...first,
    isDuplicate: true,
  });
  await expect(other.role.submit(pay, { order: 8 }, options)).rejects.toMatchObject({
    code: "TQ_ERR_IDEMPOTENCY_CONFLICT",
  });
  expect(runs).toEqual([7]);
});
