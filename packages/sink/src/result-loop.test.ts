import { defineTask, type Result, type } from "@tq/common";
import { encodeValues } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { origin, Stage } from "./scripted-peer.test-support.ts";

const double = defineTask({ name: "double", version: "v1", input: type<number>(), output: type<unknown>() });
const offered = { name: "double", contract: "v1" };

/** The next `count` results of a loop that is left after them. */
async function first(results: AsyncIterable<Result>, count: number): Promise<Result[]> {
  const found: Result[] = [];
  for await (const result of results) if (found.push(result) === count) break;
  return found;
}

const outputs = (results: readonly Result[]): unknown[] =>
  results.map((result) => (result.outcome === "completed" ? result.output : result.outcome));

describe("a loop over results", () => {
  test("yields plain objects that say all there is to say", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    worker.say({
      verb: "RESULTS",
      epoch: 1,
      definition: 0,
      ids: { origins: [origin], runs: [0, 7, 1, 0, 9, 1] },
      attempts: { at: [1], values: [3] },
      traceparent: { at: [1], values: [traceparent] },
      durationsUs: [1500, 250],
      values: encodeValues([{ a: 1 }, "b"]),
    });
    expect(await first(stage.sink.results(double), 2)).toStrictEqual([
      {
        taskId: `${origin}-7`,
        traceId: expect.stringMatching(/^00000000000000aa[0-9a-f]{16}$/),
        task: "double",
        attempt: 1,
        durationMs: 1.5,
        outcome: "completed",
        output: { a: 1 },
        worker: "worker",
      },
      {
        taskId: `${origin}-9`,
        traceId: "0af7651916cd43dd8448eb211c80319c",
        task: "double",
        attempt: 3,
        durationMs: 0.25,
        outcome: "completed",
        output: "b",
        worker: "worker",
      },
    ]);
  });

  test("commits a result by asking for the next one", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    const loop = stage.sink.results(double)[Symbol.asyncIterator]();
    worker.results(1, ["a", "b"]);
    worker.results(3, ["c"]);
    await loop.next();
    await loop.next();
    expect(await worker.hears(1)).toEqual([["completed", 1]]);
    await loop.next();
    const waiting = loop.next();
    expect(await worker.hears(2)).toEqual([
      ["completed", 2],
      ["completed", 3],
    ]);
    worker.results(4, ["d"]);
    expect(await waiting).toMatchObject({ done: false, value: { output: "d" } });
    expect(worker.unasked).toEqual([]);
  });

  test("offers what a break left uncommitted to the next loop, as it was", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    worker.results(1, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    for await (const result of stage.sink.results(double)) {
      if (result.outcome !== "completed") continue;
      const output = result.output as { n: number };
      if (output.n !== 2) continue;
      output.n = 99;
      break;
    }
    expect(await worker.hears(1)).toEqual([["completed", 1]]);
    expect(outputs(await first(stage.sink.results(), 2))).toEqual([{ n: 2 }, { n: 3 }]);
  });

  test("gives its results up when its body throws", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    worker.results(1, ["a"]);
    const failing = async () => {
      for await (const _ of stage.sink.results(double)) throw new Error("body");
    };
    await expect(failing()).rejects.toThrow("body");
    expect(outputs(await first(stage.sink.results(double), 1))).toEqual(["a"]);
  });

  test("excludes a second one over the same results until it ends", async () => {
    await using stage = await Stage.open();
    const results = stage.sink.results(double);
    const loop = results[Symbol.asyncIterator]();
    const inUse = expect.objectContaining({ code: "TQ_ERR_RESULTS_IN_USE" });
    expect(() => results[Symbol.asyncIterator]()).toThrow(inUse);
    expect(() => results.batches()[Symbol.asyncIterator]()).toThrow(inUse);
    await loop.return?.();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    await results[Symbol.asyncIterator]().return?.();
  });

  test("answers steps in the order they were asked for, however many wait", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    const loop = stage.sink.results(double)[Symbol.asyncIterator]();
    const steps = [loop.next(), loop.next(), loop.next(), loop.next()];
    worker.results(1, ["a", "b"]);
    worker.results(3, ["c"]);
    const seen = await Promise.all(steps.slice(0, 3));
    expect(seen.map(({ value }) => value?.taskId)).toEqual([1, 2, 3].map((seq) => `${origin}-${seq}`));
    expect(await worker.hears(3)).toHaveLength(3);
    await stage.sink.close();
    expect(await steps[3]).toEqual({ done: true, value: undefined });
  });

  test("answers steps in order also where one of them has to let the event loop turn", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    worker.results(1, new Array(300).fill("x"));
    const loop = stage.sink.results(double)[Symbol.asyncIterator]();
    for (let step = 0; step < 150; step++) await loop.next();
    const until = performance.now() + 15;
    while (performance.now() < until);
    const steps = await Promise.all(Array.from({ length: 100 }, () => loop.next()));
    const expected = Array.from({ length: 100 }, (_, index) => `${origin}-${151 + index}`);
    expect(steps.map(({ value }) => value?.taskId)).toEqual(expected);
    await loop.return?.();
  });

  test("lets the event loop turn though results never run out", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    const count = 200;
    worker.results(1, new Array(count).fill("x"));
    let seen = 0;
    let seenAtTurn = 0;
    for await (const _ of stage.sink.results(double)) {
      if (seen === 0) setImmediate(() => (seenAtTurn = seen));
      const until = performance.now() + 1;
      while (performance.now() < until);
      seen += 1;
      if (seen === count) break;
    }
    expect(seenAtTurn).toBeGreaterThan(0);
    expect(seenAtTurn).toBeLessThan(count);
  });

  test("that leaves after every result does not lose its place", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    worker.results(1, ["a", "b", "c"]);
    const seen: unknown[] = [];
    for (let round = 0; round < 3; round++) {
      const loop = stage.sink.results(double)[Symbol.asyncIterator]();
      const { value } = await loop.next();
      seen.push(value?.taskId);
      const second = await loop.next();
      seen.push(second.value?.taskId);
      await loop.return?.();
      if (round === 1) break;
    }
    expect(seen).toEqual([1, 2, 2, 3].map((seq) => `${origin}-${seq}`));
  });
});

describe("an output", () => {
  const parsed = z.string().transform((text) => text.length);
  const length = defineTask({ name: "length", input: z.string(), output: parsed });

  test("is what the schema makes of it, once; a loop without a definition gets it as it came", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker({ name: "length" }, { name: "other" });
    worker.results(1, ["four", "sixsix"]);
    worker.results(3, ["raw"], 1);
    expect(outputs(await first(stage.sink.results(length), 2))).toEqual([4, 6]);
    const rest = stage.sink.results()[Symbol.asyncIterator]();
    const own = stage.sink.results(length)[Symbol.asyncIterator]();
    expect((await rest.next()).value).toMatchObject({ task: "other", output: "raw" });
    await own.return?.();
  });

  test("of an asynchronous schema is waited for", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker({ name: "slow" });
    const output = z.string().transform(async (text) => text.toUpperCase());
    const slow = defineTask({ name: "slow", input: z.string(), output });
    worker.results(1, ["a", "b"]);
    expect(outputs(await first(stage.sink.results(slow), 2))).toEqual(["A", "B"]);
    const loop = stage.sink.results(slow).batches()[Symbol.asyncIterator]();
    const { value = [] } = await loop.next();
    expect(outputs(value)).toEqual(["B"]);
  });

  test("that does not fit the schema comes as a failure, stays completed for the others, and is counted", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker({ name: "length" });
    worker.results(1, [42, "four"]);
    const results = await first(stage.sink.results(length), 2);
    expect(results[0]).toMatchObject({
      outcome: "failed",
      error: { name: "TqError", code: "TQ_ERR_INVALID_OUTPUT" },
      worker: "worker",
    });
    expect(results[1]).toMatchObject({ outcome: "completed", output: 4 });
    expect(await worker.hears(1)).toEqual([["completed", 1]]);
    expect(stage.sink.stats()).toMatchObject({ lostOutputs: 1, committed: { completed: 1, failed: 0 } });
  });

  test("that cannot be decoded comes as a failure, and its neighbours as they are", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    const { lengths, slab } = encodeValues(["a", "b", "c"]);
    const broken = Uint8Array.from(slab);
    broken[lengths[0] ?? 0] = 0xc1;
    worker.offer(1, { lengths, slab: broken });
    const results = await first(stage.sink.results(double), 3);
    expect(results.map((result) => result.outcome)).toEqual(["completed", "failed", "completed"]);
    expect(results[1]).toMatchObject({ error: { code: "TQ_ERR_UNDECODABLE" } });
    const again = await first(stage.sink.results(double), 1);
    expect(outputs(again)).toEqual(["c"]);
  });
});

describe("what a ventilator proposes", () => {
  test("comes as its outcome, with the error and the attempt", async () => {
    await using stage = await Stage.open();
    const ventilator = await stage.ventilator();
    const ids = (seq: number) => ({ origins: [origin], runs: [0, seq, 1] });
    const error = { name: "RangeError", message: "too big", code: "E_BIG" };
    const cause = { verb: "PROPOSE", definition: offered } as const;
    ventilator.say({ ...cause, outcome: "failed", ids: ids(1), values: encodeValues([error]) });
    const attempts = { at: [0], values: [0] };
    ventilator.say({ ...cause, outcome: "cancelled", ids: ids(2), attempts, values: encodeValues([null]) });
    const [failed, cancelled] = await first(stage.sink.results(double), 2);
    expect(failed).toMatchObject({ outcome: "failed", error, attempt: 1, durationMs: 0, task: "double" });
    expect(cancelled).toMatchObject({ outcome: "cancelled", attempt: 0 });
    expect(cancelled).not.toHaveProperty("error");
    expect(cancelled).not.toHaveProperty("worker");
    expect(await ventilator.hears(1)).toEqual([["failed", 1]]);
  });
});

describe("a loop over batches", () => {
  test("yields what came together, and commits it whole by asking for the next", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    worker.results(1, ["a", "b", "c"]);
    worker.results(4, ["d"]);
    const loop = stage.sink.results(double).batches()[Symbol.asyncIterator]();
    const one = await loop.next();
    expect(outputs(one.value ?? [])).toEqual(["a", "b", "c"]);
    const two = await loop.next();
    expect(outputs(two.value ?? [])).toEqual(["d"]);
    expect(await worker.hears(3)).toHaveLength(3);
    await loop.return?.();
    expect(outputs(await first(stage.sink.results(double), 1))).toEqual(["d"]);
  });

  test("ends when the sink closes", async () => {
    await using stage = await Stage.open();
    const loop = stage.sink.results().batches()[Symbol.asyncIterator]();
    const waiting = loop.next();
    await stage.sink.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});
