/** Handlers that throw what nobody should throw, never end, or end too late. Slots, neighbours and callers get through. */
import { defineTask, handler, TaskFailedError, type } from "@tq/common";
import { expect, test, vi } from "vitest";
import { square } from "./fixtures/tasks.ts";
import { Cluster, waitOptions } from "./support/cluster.ts";
import { errorOf } from "./support/error-of.ts";

const backoff = { initialMs: 1, factor: 1, maxMs: 1, jitter: 0 };

/** Everything about it throws. */
const hostile = new Proxy(new Error("hostile"), {
  get() {
    throw new Error("no getter");
  },
  getPrototypeOf() {
    throw new Error("no prototype");
  },
  has() {
    throw new Error("no has");
  },
  ownKeys() {
    throw new Error("no keys");
  },
});

const circular: { self?: unknown } = {};
circular.self = circular;

const thrown: readonly (readonly [name: string, value: unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["a string", "just a text"],
  ["a number", 42],
  ["a symbol", Symbol("s")],
  ["a function", () => {}],
  ["an object without a prototype", Object.create(null)],
  ["an object in a circle", circular],
  ["a proxy whose every trap throws", hostile],
  ["an error whose message is no text", Object.assign(new Error("x"), { message: { not: "text" } })],
  ["an error that is its own cause", Object.assign(new Error("own cause"), { cause: undefined })],
];
const ownCause = thrown.at(-1)?.[1] as Error;
ownCause.cause = ownCause;

const throwing = defineTask({
  name: "throwing",
  input: type<{ index: number; later: boolean }>(),
  output: type<string>(),
  retry: { maxAttempts: 2, backoff },
});

test("whatever a handler throws fails the task after its tries, as an error with a name and a message", async () => {
  await using cluster = await Cluster.start();
  let calls = 0;
  const { role: worker } = await cluster.worker({
    concurrency: 2,
    handlers: [
      handler(throwing, ({ index, later }) => {
        calls += 1;
        const value = thrown[index]?.[1];
        if (later) return Promise.reject(value);
        throw value;
      }),
      handler(square, (n: number) => n * n),
    ],
  });
  const inputs = thrown.flatMap((_, index) => [
    { index, later: false },
    { index, later: true },
  ]);
  const outcomes = new Map<number, string>();
  for await (const { index, attempt, outcome } of cluster.ventilator.mapSettled(throwing, inputs)) {
    if (outcome.status !== "failed") throw new Error(`${thrown[index >> 1]?.[0]}: ${outcome.status}`);
    expect(attempt).toBe(2);
    expect(outcome.error.name).toEqual(expect.any(String));
    expect(outcome.error.message).toEqual(expect.any(String));
    outcomes.set(index, outcome.error.message);
  }
  expect(outcomes.size).toBe(inputs.length);
  expect(outcomes.get(4)).toContain("just a text");
  expect(calls).toBe(2 * inputs.length);
  // Both slots are free again, and a caller gets what was thrown as the cause.
  expect(await Promise.all([cluster.ventilator.run(square, 3), cluster.ventilator.run(square, 4)])).toEqual([
    9, 16,
  ]);
  const error = await errorOf(cluster.ventilator.run(throwing, { index: 2, later: true }));
  expect(error).toBeInstanceOf(TaskFailedError);
  expect((error.cause as Error).message).toContain("just a text");
  expect(worker.stats().running).toBe(0);
  await cluster.expectRest();
});

const endless = defineTask({
  name: "endless",
  input: type<number>(),
  output: type<string>(),
  timeoutMs: 150,
  retry: { maxAttempts: 3, backoff },
});

test("a handler that never settles is aborted at its timeout, frees its slot and is tried again", async () => {
  await using cluster = await Cluster.start();
  const reasons: unknown[] = [];
  const { role: worker, events } = await cluster.worker({
    concurrency: 1,
    handlers: [
      handler(endless, (_, { attempt, signal }) => {
        signal.addEventListener("abort", () => reasons.push(signal.reason));
        return attempt === 1 ? new Promise<string>(() => {}) : `attempt ${attempt}`;
      }),
      handler(square, (n: number) => n * n),
    ],
  });
  // The only slot: the neighbour runs as soon as the time of the first attempt is over.
  const [first, neighbour] = [cluster.ventilator.run(endless, 1), cluster.ventilator.run(square, 5)];
  expect(await neighbour).toBe(25);
  expect(await first).toBe("attempt 2");
  expect(reasons).toEqual([expect.objectContaining({ code: "TQ_ERR_TIMEOUT" })]);
  expect(worker.stats()).toMatchObject({ timedOut: 1, running: 0, aborted: 1 });
  expect(await events.next("attempt.timed-out")).toMatchObject({
    task: "endless",
    attempt: 1,
    timeoutMs: 150,
  });
  await cluster.expectRest();
});

test("a handler that never settles in any attempt fails its task as timed out, at the sink", async () => {
  await using cluster = await Cluster.start();
  let calls = 0;
  await cluster.worker({
    concurrency: 2,
    handlers: [
      handler(endless, () => {
        calls += 1;
        return new Promise<string>(() => {});
      }),
    ],
  });
  const { taskId } = await cluster.ventilator.submit(endless, 1);
  await cluster.results.until(1);
  expect(cluster.results.only(taskId)).toMatchObject({
    outcome: "failed",
    attempt: 3,
    error: { code: "TQ_ERR_TIMEOUT" },
  });
  await cluster.expectRest();
  expect(calls).toBe(3);
});

test("run past its deadline rejects, cancels the task at its worker, and frees the slot", async () => {
  await using cluster = await Cluster.start();
  const aborted = Promise.withResolvers<unknown>();
  const patient = defineTask({ name: "patient", input: type<number>(), output: type<number>() });
  const { role: worker } = await cluster.worker({
    concurrency: 1,
    handlers: [
      handler(patient, (n, { signal }) => {
        const { promise, reject } = Promise.withResolvers<number>();
        signal.addEventListener("abort", () => {
          aborted.resolve(signal.reason);
          reject(signal.reason);
        });
        return n < 0 ? promise : n;
      }),
    ],
  });
  const error = await errorOf(cluster.ventilator.run(patient, -1, { timeoutMs: 200 }));
  expect(error).toMatchObject({ code: "TQ_ERR_DEADLINE_EXCEEDED", details: { timeoutMs: 200 } });
  expect(await aborted.promise).toMatchObject({ code: "TQ_ERR_CANCELLED" });
  expect(await cluster.ventilator.run(patient, 8, { timeoutMs: 20_000 })).toBe(8);
  await vi.waitFor(() => expect(worker.stats()).toMatchObject({ running: 0, aborted: 0 }), waitOptions);
  await cluster.expectRest();
});

test("run past its deadline rejects when no worker is there at all, and nothing is left waiting", async () => {
  await using cluster = await Cluster.start();
  const error = await errorOf(cluster.ventilator.run(square, 2, { timeoutMs: 100 }));
  expect(error.code).toBe("TQ_ERR_DEADLINE_EXCEEDED");
  await cluster.expectRest();
});
