/** Ten thousand calls at once, from twenty producers, each with a deadline of its own: every one ends, and ends once. */
import { defineTask, handler, isTqError, type } from "@tq/common";
import type { Producer } from "@tq/producer";
import { expect, test } from "vitest";
import { napping } from "./fixtures/handlers.ts";
import { nap, square } from "./fixtures/tasks.ts";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";

const producerCount = 20;
const callCount = 10_000;

const triple = defineTask({ name: "triple", input: type<number>(), output: type<number>() });
/** Fails at once and for good. */
const refuse = defineTask({
  name: "refuse",
  input: type<number>(),
  output: type<number>(),
  retry: { maxAttempts: 1 },
});
/** Goes on until it is called off. */
const stall = defineTask({ name: "stall", input: type<number>(), output: type<number>() });

/** How often each input was run, by handlers that answer. */
const runs = new Map<number, number>();
const count = (n: number): void => void runs.set(n, (runs.get(n) ?? 0) + 1);

const handlers = [
  napping,
  handler(triple, (n) => {
    count(n);
    return 3 * n;
  }),
  handler(refuse, (n) => {
    count(n);
    throw new RangeError(`${n} is refused`);
  }),
  handler(stall, (_, { signal }) => {
    const { promise, resolve } = Promise.withResolvers<number>();
    signal.addEventListener("abort", () => resolve(0));
    return promise;
  }),
];

type End = "answered" | "failed" | "late";

/** Each fifth call is certain to be late, each tenth to fail; the others have all the time that a busy machine may need. */
function expectedEnd(n: number): End {
  if (n % 5 === 0) return "late";
  return n % 10 === 1 ? "failed" : "answered";
}

async function call(producer: Producer, n: number): Promise<End> {
  const end = expectedEnd(n);
  if (end === "answered") {
    // Each answer belongs to its own call.
    expect(await producer.run(triple, n, { timeoutMs: 50_000 })).toBe(3 * n);
    return end;
  }
  const ran =
    end === "failed"
      ? producer.run(refuse, n, { timeoutMs: 50_000 })
      : producer.run(stall, n, { timeoutMs: 1 + ((n * 7) % 2_000) });
  const error: unknown = await ran.then(
    (output) => new Error(`call ${n} was answered with ${output}`),
    (reason: unknown) => reason,
  );
  if (isTqError(error, "TQ_ERR_DEADLINE_EXCEEDED")) return "late";
  expect(error).toMatchObject({ code: "TQ_ERR_TASK_FAILED", cause: { message: `${n} is refused` } });
  return "failed";
}

test("10,000 calls of 20 producers end as they must, each once, and nothing is left of them", async () => {
  await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  for (const name of ["first", "second"]) await cluster.worker({ name, handlers, concurrency: 64 });
  const joining = Array.from({ length: producerCount }, (_, n) =>
    cluster.producer({ name: `producer ${n}` }),
  );
  const producers = (await Promise.all(joining)).map(({ role }) => role);

  const ends: (End | undefined)[] = new Array<undefined>(callCount).fill(undefined);
  let settlements = 0;
  const calls = ends.map(async (_, n) => {
    const producer = producers[n % producerCount];
    if (producer === undefined) throw new Error("there are twenty");
    const end = await call(producer, n);
    ends[n] = end;
    settlements += 1;
  });
  await Promise.all(calls);

  expect(settlements).toBe(callCount);
  expect(ends).toEqual(ends.map((_, n) => expectedEnd(n)));
  // What answers was run once: nobody died.
  expect([...runs.values()].filter((times) => times !== 1)).toEqual([]);
  expect(runs.size).toBe(ends.filter((end) => end !== "late").length);
  await cluster.expectRest();
  for (const producer of producers) {
    await expect
      .poll(() => producer.stats(), waitOptions)
      .toMatchObject({
        queued: 0,
        unaccepted: 0,
        unanswered: 0,
        ventilators: [{ unanswered: 0, violations: 0 }],
      });
  }
  const answers = producers.reduce((sum, producer) => sum + producer.stats().answered, 0);
  expect(answers).toBe(runs.size);
  expect(cluster.ventilator.stats().violations).toBe(0);
  // It is as able as before.
  expect(await producers[0]?.run(nap, 1)).toBe(1);
});

test("the same while connections are cut and a worker is killed: each call still ends once, with its own answer", async () => {
  await using cluster = await Cluster.start({ ventilator: { producers: anyPort } });
  const proxy = await cluster.proxy(cluster.ventilator.endpoints.producers ?? "");
  const [doomed] = await Promise.all([1, 2, 3].map(() => cluster.workerProcess({ concurrency: 16 })));
  const joining = Array.from({ length: producerCount }, () =>
    cluster.producer({ ventilators: [proxy.endpoint] }),
  );
  const producers = (await Promise.all(joining)).map(({ role }) => role);

  const answers: unknown[] = [];
  let settlements = 0;
  const calls = Array.from({ length: callCount }, async (_, n) => {
    const isLate = n % 20 === 0;
    const producer = producers[(n >> 1) % producerCount];
    answers[n] = await (isLate
      ? producer?.run(nap, 400, { timeoutMs: 1 + (n % 13) }).catch((error: unknown) => error)
      : producer?.run(square, n, { timeoutMs: 55_000 }));
    settlements += 1;
    // At eight moments all connections of the producers end, and at one of them a worker's process.
    if (settlements % (callCount / 8) !== 0) return;
    proxy.cut();
    if (settlements === callCount / 4) doomed?.signal("SIGKILL");
  });
  await Promise.all(calls);

  expect(settlements).toBe(callCount);
  for (const [n, answer] of answers.entries()) {
    if (n % 20 === 0) expect(answer).toMatchObject({ code: "TQ_ERR_DEADLINE_EXCEEDED" });
    else expect(answer).toBe(n * n);
  }
  expect(proxy.connectionsMade).toBeGreaterThan(producerCount);
  expect(await cluster.events.next("worker.gone")).toBeDefined();
  await cluster.expectRest();
  const answered = producers.reduce((sum, producer) => sum + producer.stats().answered, 0);
  expect(answered).toBe(answers.filter((answer) => typeof answer === "number").length);
  expect(cluster.ventilator.stats().violations).toBe(0);
});
