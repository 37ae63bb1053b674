/**
 * Request and reply over tcp: a client calls functions that run in workers. No sink: the caller takes the results.
 * Each role would be a process of its own; here they share one, and ports are whatever is free.
 *
 *   node examples/request-reply.ts
 */
import { defineTask, handler, isTqError, type } from "@tq/common";
import { startProducer } from "@tq/producer";
import { startVentilator } from "@tq/ventilator";
import { startWorker } from "@tq/worker";

const divide = defineTask({
  name: "math.divide",
  input: type<{ a: bigint; b: bigint }>(),
  output: type<bigint>(),
  retry: { maxAttempts: 1 },
});
const wait = defineTask({ name: "time.wait", input: type<null>(), output: type<string>() });

const dividing = handler(divide, ({ a, b }) => a / b);
const waiting = handler(wait, (_, { signal }) => {
  const { promise, resolve } = Promise.withResolvers<string>();
  signal.addEventListener("abort", () => resolve("called off"));
  return promise;
});

const anyPort = "tcp://127.0.0.1:*";
await using ventilator = await startVentilator({ workers: anyPort, producers: anyPort });
const { workers, producers = "" } = ventilator.endpoints;
await using _first = await startWorker({ ventilators: [workers], handlers: [dividing, waiting] });
await using _second = await startWorker({ ventilators: [workers], handlers: [dividing] });
await using client = await startProducer({ ventilators: [producers] });

// One call.
console.log(await client.run(divide, { a: 2n ** 70n, b: 2n ** 7n }));

// Many, in the order of the inputs, whichever worker answers first.
const halves = [10n, 20n, 30n].map((a) => ({ a, b: 2n }));
for await (const half of client.map(divide, halves)) console.log(half);

// Many, some of which fail: each ends for itself.
for await (const { index, outcome } of client.mapSettled(divide, [{ a: 1n, b: 0n }])) {
  console.log(index, outcome.status, outcome.status === "failed" ? outcome.error.message : "");
}

// A caller need not wait for ever; what it no longer wants is cancelled at the worker.
const late = await client.run(wait, null, { timeoutMs: 100 }).catch((error: unknown) => error);
console.log(isTqError(late) ? late.code : late);
