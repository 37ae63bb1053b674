import { defineTask, handler, type } from "@tq/common";
import { expect, test } from "vitest";
import { startLocal } from "./local.ts";
import type { LocalOptions } from "./options.ts";
import { createThreadLog } from "./threads/thread-log.ts";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const squaring = handler(square, (n) => n * n);

test("runs a task and brings its output back", async () => {
  await using tq = await startLocal({ handlers: [squaring] });
  expect(await tq.run(square, 7)).toBe(49);
});

test("carries payloads up to payloadBytesMax, in either direction", async () => {
  const repeat = defineTask({ name: "repeat", input: type<string>(), output: type<string>() });
  const repeating = handler(repeat, (text) => text + text);
  await using tq = await startLocal({ handlers: [repeating], payloadBytesMax: 1_000 });
  expect(await tq.run(repeat, "x".repeat(400))).toHaveLength(800);
  await expect(tq.run(repeat, "x".repeat(600))).rejects.toMatchObject({ code: "TQ_ERR_TASK_FAILED" });
  await expect(tq.run(repeat, "x".repeat(1_000))).rejects.toMatchObject({ code: "TQ_ERR_PAYLOAD_TOO_LARGE" });
});

test("submitted tasks end in its results", async () => {
  await using tq = await startLocal({ handlers: [squaring] });
  await tq.submitMany(square, [1, 2, 3]);
  const outputs: number[] = [];
  for await (const result of tq.results(square)) {
    if (result.outcome === "completed") outputs.push(result.output);
    if (outputs.length === 3) break;
  }
  expect(outputs.toSorted()).toEqual([1, 4, 9]);
});

test("does not wait for results that nobody reads, of either lane", async () => {
  const cube = defineTask({
    name: "cube",
    input: type<number>(),
    output: type<number>(),
    delivery: "at-most-once",
  });
  const startedAt = performance.now();
  {
    await using tq = await startLocal({ handlers: [squaring, handler(cube, (n) => n ** 3)] });
    await tq.submit(square, 1);
    await tq.submit(cube, 1);
  }
  // Its patience with tasks that are still under way is 25 s: the test would time out.
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test("tells what happens in its ventilator and its sink, from how they stand on", async () => {
  const tq = await startLocal({ handlers: [squaring] });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { type, source } of tq.events({ topics: ["task.c"] }))
      seen.push(`${source.role} ${type}`);
  })();
  const results = (async () => {
    for await (const _ of tq.results());
  })();
  await tq.submit(square, 3);
  await tq.drain();
  await tq.close();
  await Promise.all([reading, results]);
  expect(seen.toSorted()).toEqual([
    "sink snapshot",
    "sink task.committed",
    "ventilator snapshot",
    "ventilator task.completed",
  ]);
});

test("a drain whose time no timer holds is refused, and it works on", async () => {
  await using tq = await startLocal({ handlers: [squaring] });
  const drained = tq.drain({ timeoutMs: Number.POSITIVE_INFINITY });
  await expect(drained).rejects.toMatchObject({ code: "TQ_ERR_INVALID_OPTION" });
  expect(await tq.run(square, 3)).toBe(9);
});

test("an option that it does not know is refused by name", async () => {
  const options = { handlers: [squaring], concurency: 2 };
  await expect(startLocal(options)).rejects.toThrow('unknown option "concurency"');
});

test("a clean end warns of nothing", async () => {
  const said: object[] = [];
  const log = createThreadLog((line) => said.push(line), "warn");
  for (let n = 0; n < 5; n++) {
    await using tq = await startLocal({ handlers: [squaring], workers: 2, log });
    await Promise.all([1, 2, 3].map((m) => tq.run(square, m)));
  }
  expect(said).toEqual([]);
});

test("several workers share the work, each with its own name and slots", async () => {
  const held = Promise.withResolvers<void>();
  const holding = handler(square, async (n) => {
    await held.promise;
    return n * n;
  });
  await using tq = await startLocal({ handlers: [holding], workers: 3, concurrency: 2, name: "many" });
  const outputs = Promise.all([1, 2, 3, 4, 5, 6].map((n) => tq.run(square, n)));
  // No worker could run more than two of them, so all three are needed.
  await expect.poll(() => tq.stats().workers.map(({ running }) => running)).toEqual([2, 2, 2]);
  expect(tq.stats().workers.map(({ name, slots }) => [name, slots])).toEqual([
    ["many/1", 2],
    ["many/2", 2],
    ["many/3", 2],
  ]);
  held.resolve();
  expect(await outputs).toEqual([1, 4, 9, 16, 25, 36]);
});

test.each([
  [{ threads: true, handlers: [squaring] }, /handlers: functions cannot cross.*new URL\(/],
  [{ threads: true, handlers: squaring }, /handlers: functions cannot cross/],
  [{ threads: true, handlers: [] }, /handlers: for threads it takes the files/],
  [
    { threads: true, handlers: new URL("https://example.org/h.ts") },
    /handlers: for threads it takes the files/,
  ],
  [{ handlers: "./handlers.ts" }, /handlers: files of handlers are for threads: true/],
  [{ handlers: [squaring], threads: 4 }, /threads: it must be true or false/],
  [{ handlers: [squaring], threadHeapMb: 64 }, /threadHeapMb: it must be left out without threads/],
  [{ handlers: "./handlers.ts", threads: true, threadHeapMb: 1 }, /threadHeapMb: .*from 8/],
  [{ handlers: [squaring], workers: 0 }, /workers: it must be a whole number from 1 to 256/],
])("options that do not go together are refused with what would be right: %j", async (options, message) => {
  await expect(startLocal(options as unknown as LocalOptions)).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_OPTION",
    message: expect.stringMatching(message),
  });
});

test("closing twice is harmless, and what comes later is refused", async () => {
  const tq = await startLocal({ handlers: [squaring] });
  await tq.close();
  await tq.close();
  await expect(tq.run(square, 1)).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
});
