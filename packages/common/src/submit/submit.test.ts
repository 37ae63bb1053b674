import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTask, type } from "../contract/index.ts";
import { idRun } from "../protocol/index.ts";
import { submitLimits } from "./limits.ts";
import { double, origins, seqsOf, TestBed } from "./submitter.test-support.ts";

describe("what is submitted in one turn", () => {
  test("goes out as one batch per definition and kind of reply, with seqs from 1", async () => {
    const bed = new TestBed();
    const other = defineTask({ name: "other", input: type<number>(), output: type<number>() });
    for (const n of [1, 2, 3]) void bed.submitter.submit(double, n);
    void bed.submitter.submit(other, 10);
    void bed.submitter.run(double, 20);
    void bed.submitter.submit(double, 4);
    await bed.settle();
    expect(bed.handed()).toEqual([[1, 2, 3, 4], [10], [20]]);
    expect(bed.batches.map(({ ids }) => [ids.origins[0], ...seqsOf(ids)])).toEqual([
      [origins.sink, 1, 2, 3, 4],
      [origins.sink, 5],
      [origins.answer, 1],
    ]);
    expect(bed.batches[0]?.definition).toEqual({ name: "double" });
  });

  test("is encoded at once: what the caller changes afterwards does not travel", async () => {
    const bed = new TestBed();
    const box = defineTask({ name: "box", input: type<{ n: number }>(), output: type<number>() });
    const input = { n: 1 };
    void bed.submitter.submit(box, input);
    input.n = 2;
    await bed.settle();
    expect(bed.handed()).toEqual([[{ n: 1 }]]);
  });

  test("is split at the limit of a batch", async () => {
    const bed = new TestBed();
    const count = submitLimits.batchTasksMax + 1;
    for (let n = 0; n < count; n++) void bed.submitter.submit(double, n);
    await bed.settle();
    expect(bed.batches.map(({ values }) => values.lengths.length)).toEqual([submitLimits.batchTasksMax, 1]);
    expect(bed.batches[1]?.ids.runs).toEqual([0, count, 1]);
  });
});

test("submit resolves when the task is accepted, not before, with its ids", async () => {
  const bed = new TestBed();
  const submitted = bed.submitter.submit(double, 1);
  let isResolved = false;
  void submitted.then(() => {
    isResolved = true;
  });
  await bed.settle();
  expect(isResolved).toBe(false);
  bed.accept(1);
  await expect(submitted).resolves.toEqual({
    taskId: `${origins.sink}-1`,
    traceId: expect.stringMatching(/^00000000000000a1[0-9a-f]{16}$/),
    isDuplicate: false,
  });
});

test("a task that is settled before its acceptance was heard counts as accepted", async () => {
  const bed = new TestBed();
  const submitted = bed.submitter.submit(double, 1);
  await bed.settle();
  bed.settleIds("completed", 1);
  await expect(submitted).resolves.toMatchObject({ taskId: `${origins.sink}-1` });
});

describe("inputs", () => {
  const user = defineTask({
    name: "user",
    input: z.object({ tags: z.array(z.string()), at: z.string().transform(Number).default(7) }),
    output: type<number>(),
  });

  test("travel as they were given, not as the schema makes them", async () => {
    const bed = new TestBed();
    void bed.submitter.submit(user, { tags: [], at: "5" });
    void bed.submitter.submit(user, { tags: [] });
    await bed.settle();
    expect(bed.handed()).toEqual([[{ tags: [], at: "5" }, { tags: [] }]]);
  });

  test("that do not fit are refused with the path, and their neighbours go", async () => {
    const bed = new TestBed();
    const bad = bed.submitter.submit(user, { tags: ["a", 1 as never] });
    const good = bed.submitter.submit(user, { tags: ["b"] });
    await bed.settle();
    await expect(bad).rejects.toMatchObject({
      code: "TQ_ERR_INVALID_INPUT",
      message: expect.stringContaining("tags[1]"),
    });
    bed.accept(1);
    await expect(good).resolves.toMatchObject({ taskId: `${origins.sink}-1` });
    expect(bed.handed()).toEqual([[{ tags: ["b"] }]]);
  });

  test("are checked by an asynchronous schema before they are handed over", async () => {
    const bed = new TestBed();
    const even = defineTask({
      name: "even",
      input: z.number().refine(async (n) => n % 2 === 0),
      output: type<number>(),
    });
    const odd = bed.submitter.submit(even, 1);
    void bed.submitter.submit(even, 2);
    odd.catch(() => {});
    await bed.settle();
    await expect(odd).rejects.toMatchObject({ code: "TQ_ERR_INVALID_INPUT" });
    expect(bed.handed()).toEqual([[2]]);
  });

  test("that cannot be encoded, or are too large, are refused alone", async () => {
    const bed = new TestBed();
    const any = defineTask({ name: "any", input: type<unknown>(), output: type<unknown>() });
    const results = [
      bed.submitter.submit(any, 1),
      bed.submitter.submit(any, { list: [0, () => 1] }),
      bed.submitter.submit(any, new Uint8Array(17 * 1024 * 1024)),
      bed.submitter.submit(any, 2),
    ];
    void Promise.allSettled(results);
    await bed.settle();
    bed.accept(1, 2);
    const settled = await Promise.allSettled(results);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(settled[1]).toMatchObject({
      reason: {
        code: "TQ_ERR_UNENCODABLE",
        message: expect.stringContaining("the input of any: the value at $.list[1]"),
        details: { task: "any", path: "$.list[1]" },
      },
    });
    expect(settled[2]).toMatchObject({ reason: { code: "TQ_ERR_PAYLOAD_TOO_LARGE" } });
    expect(bed.handed()).toEqual([[1, 2]]);
  });
});

describe("credit", () => {
  test("bounds what is handed over, in tasks; the rest follows with the next credit", async () => {
    const bed = new TestBed();
    bed.events.credit(2, 1_000);
    for (const n of [1, 2, 3, 4, 5]) void bed.submitter.submit(double, n);
    await bed.settle();
    expect(bed.handed()).toEqual([[1, 2]]);
    bed.events.credit(10, 1_000);
    await bed.settle();
    expect(bed.handed()).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    expect(bed.batches.map(({ ids }) => seqsOf(ids))).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  test("bounds it in bytes, overrun by one value at most, so that a large one passes a small window", async () => {
    const bed = new TestBed();
    const text = defineTask({ name: "text", input: type<string>(), output: type<string>() });
    bed.events.credit(10, 4);
    for (const input of ["aaa", "bbbbbbbb", "c"]) void bed.submitter.submit(text, input);
    await bed.settle();
    expect(bed.handed()).toEqual([["aaa"]]);
    bed.events.credit(9, 0);
    await bed.settle();
    expect(bed.batches).toHaveLength(1);
    bed.events.credit(9, 1);
    await bed.settle();
    expect(bed.handed()).toEqual([["aaa"], ["bbbbbbbb"]]);
  });

  test("that is told every turn brings no turn of its own while nothing waits", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    void bed.submitter.submit(double, 1);
    await bed.settle();
    const turnsBefore = bed.turns;
    bed.events.credit(10, 1_000);
    await bed.settle();
    expect(bed.turns).toBe(turnsBefore);
  });

  test("of several owners is used where there is most, each with its own ids", async () => {
    const second = { sink: "00000000000000a2", answer: "00000000000000b2" };
    const bed = new TestBed([origins, second]);
    bed.events.credit(2, 1_000, 0);
    bed.events.credit(3, 1_000, 1);
    for (const n of [1, 2, 3, 4, 5, 6]) void bed.submitter.submit(double, n);
    await bed.settle();
    expect(bed.batches.map(({ ids }) => ids)).toEqual([idRun(second.sink, 1, 3), idRun(origins.sink, 1, 2)]);
    expect(bed.submission.stats()).toMatchObject({ queued: 1, unaccepted: 5 });
  });
});

describe("options", () => {
  test("travel as columns; spans lose what has passed of them while waiting for credit", async () => {
    const bed = new TestBed();
    bed.events.credit(0, 0);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    void bed.submitter.submit(double, 1);
    void bed.submitter.submit(double, 2, {
      priority: 5,
      delayMs: 1_000,
      expiresMs: 3_000.5,
      attemptTimeoutMs: 9,
    });
    void bed.submitter.submit(double, 3, { delayMs: 100, traceparent });
    bed.now = 400;
    bed.events.credit(10, 1_000);
    await bed.settle();
    expect(bed.batches[0]?.options).toEqual({
      priority: { at: [1], values: [5] },
      notBeforeMs: { at: [1], values: [600] },
      expiresMs: { at: [1], values: [2_601] },
      timeoutMs: { at: [1], values: [9] },
      traceparent: { at: [2], values: [traceparent] },
    });
  });

  test("a caller's trace is the task's trace", async () => {
    const bed = new TestBed();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    bed.runAtOnce();
    const submitted = bed.submitter.submit(double, 1, { traceparent });
    await bed.settle();
    await expect(submitted).resolves.toMatchObject({ traceId: "0af7651916cd43dd8448eb211c80319c" });
  });

  test.each([
    [{ priority: 101 }, "priority must be an integer from -100 to 100, not 101"],
    [{ timeoutMs: 0 }, "timeoutMs must be milliseconds from 1 to 2147483647, not 0"],
    [{ delayMs: Number.NaN }, "delayMs must be milliseconds from 0 to 316224000000, not NaN"],
    [{ traceparent: "x" }, "traceparent must be a W3C traceparent"],
    [{ signal: {} }, "signal must be an AbortSignal"],
    [{ timeout: 5 }, "unknown option timeout; known are timeoutMs, signal"],
    [{ inFlight: 5 }, "unknown option inFlight"],
  ])("%j is refused by name, with what would be right", async (options, message) => {
    const bed = new TestBed();
    await expect(bed.submitter.submit(double, 1, options as never)).rejects.toMatchObject({
      code: "TQ_ERR_INVALID_OPTION",
      message: expect.stringContaining(message),
    });
  });

  test("a name in the place of the definition is refused", async () => {
    const bed = new TestBed();
    await expect(bed.submitter.submit("double" as never, 1 as never)).rejects.toMatchObject({
      code: "TQ_ERR_INVALID_TASK",
    });
  });
});

describe("a submission that is not accepted in time", () => {
  test("never left: unreachable, and it is not handed over later", async () => {
    const bed = new TestBed();
    bed.events.credit(0, 0);
    const late = bed.submitter.submit(double, 1, { timeoutMs: 50 });
    late.catch(() => {});
    await bed.settle();
    await bed.advance(49);
    expect(bed.timerCount).toBe(1);
    await bed.advance(2);
    await expect(late).rejects.toMatchObject({ code: "TQ_ERR_UNREACHABLE" });
    bed.events.credit(10, 1_000);
    void bed.submitter.submit(double, 2);
    await bed.settle();
    expect(bed.handed()).toEqual([[2]]);
    expect(bed.timerCount).toBe(0);
  });

  test("was handed over: its outcome is unknown, and the error names it", async () => {
    const bed = new TestBed();
    const late = bed.submitter.submit(double, 1, { timeoutMs: 50 });
    late.catch(() => {});
    await bed.settle();
    await bed.advance(50);
    await expect(late).rejects.toMatchObject({
      code: "TQ_ERR_UNKNOWN_OUTCOME",
      details: { taskId: `${origins.sink}-1`, traceId: expect.any(String) },
    });
  });
});

describe("a signal", () => {
  test("takes a task back that is still queued", async () => {
    const bed = new TestBed();
    bed.events.credit(0, 0);
    const stop = new AbortController();
    const reason = new Error("enough");
    const taken = bed.submitter.submit(double, 1, { signal: stop.signal });
    void bed.submitter.submit(double, 2);
    stop.abort(reason);
    await expect(taken).rejects.toMatchObject({ code: "TQ_ERR_CANCELLED", cause: reason });
    bed.events.credit(10, 1_000);
    await bed.settle();
    expect(bed.handed()).toEqual([[2]]);
    expect(bed.cancelled).toEqual([]);
  });

  test("cancels a task that was handed over, in the same turn and behind it", async () => {
    const bed = new TestBed();
    const stop = new AbortController();
    const taken = bed.submitter.submit(double, 1, { signal: stop.signal });
    taken.catch(() => {});
    await bed.settle();
    stop.abort();
    await bed.settle();
    await expect(taken).rejects.toMatchObject({ code: "TQ_ERR_CANCELLED" });
    expect(bed.cancelled).toEqual([1]);
  });

  test("that was aborted before lets nothing go", async () => {
    const bed = new TestBed();
    await expect(bed.submitter.submit(double, 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "TQ_ERR_CANCELLED",
    });
    await bed.settle();
    expect(bed.batches).toEqual([]);
  });
});
