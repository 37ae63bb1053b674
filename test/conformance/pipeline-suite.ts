/** What every pipeline does alike, wherever its roles are and whatever lies between them. */
import { type AnyTask, isTqError, type Result, TaskFailedError, type TaskOutput } from "@tq/common";
import type { TaskSubmitter } from "@tq/common/submit";
import type { Results } from "@tq/sink";
import { describe, expect, test } from "vitest";
import { brief, double, doubleAtMostOnce, echo, flaky, hold, liar, nap } from "./fixtures/pipeline-tasks.ts";

/** Runs the handlers of `fixtures/pipeline-handlers.ts`. */
export interface Pipeline extends AsyncDisposable {
  /** In the ventilator's process or another. */
  readonly submitter: TaskSubmitter;
  results<Task extends AnyTask>(task: Task): Results<TaskOutput<Task>>;
  /** Of the ventilator. */
  stats(): { readonly unsettled: number; readonly leased: number };
  drain(): Promise<void>;
  close(): Promise<void>;
}

const waitOptions = { timeout: 20_000, interval: 5 };

async function take<Output>(results: Results<Output>, count: number): Promise<Result<Output>[]> {
  const taken: Result<Output>[] = [];
  for await (const result of results) {
    taken.push(result);
    if (taken.length === count) break;
  }
  return taken;
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const taken: Value[] = [];
  for await (const value of values) taken.push(value);
  return taken;
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

type Start = () => Promise<Pipeline>;

export function describePipeline(name: string, start: Start): void {
  describe(name, () => {
    describeResults(start);
    describeCalls(start);
    describeEnds(start);
  });
}

function describeResults(start: Start): void {
  test("a submitted task's result comes to the loop over its definition, with the id that submit gave", async () => {
    await using pipeline = await start();
    const { taskId, traceId } = await pipeline.submitter.submit(double, 21);
    const [result] = await take(pipeline.results(double), 1);
    expect(result).toMatchObject({ taskId, traceId, task: "double", outcome: "completed", output: 42 });
  });

  test.each([double, doubleAtMostOnce])(
    "of thousands of submitted tasks each comes once: $name",
    async (task) => {
      await using pipeline = await start();
      const count = 5_000;
      // Nobody takes part in the push lane before it has joined; what is pushed while all is well arrives.
      expect(await pipeline.submitter.run(task, 1)).toBe(2);
      const submitting = pipeline.submitter.submitMany(task, Array.from({ length: count }).keys());
      const results = await take(pipeline.results(task), count);
      expect(await submitting).toMatchObject({ accepted: count });
      const outputs = results.map((result) => (result.outcome === "completed" ? result.output : undefined));
      expect(outputs.toSorted((a = 0, b = 0) => a - b)).toEqual(outputs.map((_, index) => 2 * index));
    },
  );

  test("an output that its schema refuses is no result, and is not tried again", async () => {
    await using pipeline = await start();
    await pipeline.submitter.submit(liar, null);
    const [result] = await take(pipeline.results(liar), 1);
    expect(result).toMatchObject({
      outcome: "failed",
      attempt: 1,
      error: { code: "TQ_ERR_INVALID_OUTPUT" },
    });
  });
}

function describeCalls(start: Start): void {
  test("map keeps the order of its inputs, although they end in another", async () => {
    await using pipeline = await start();
    const naps = Array.from({ length: 60 }, (_, index) => (index * 7) % 20);
    expect(await all(pipeline.submitter.map(nap, naps, { inFlight: 20 }))).toEqual(naps);
  });

  test("mapSettled tells of each task by its place how it ended", async () => {
    await using pipeline = await start();
    const inputs = [1, 9, 3].map((until) => ({ until }));
    const settled = await all(pipeline.submitter.mapSettled(flaky, inputs));
    const ends = settled
      .toSorted((a, b) => a.index - b.index)
      .map(({ outcome, attempt }) => [outcome, attempt]);
    expect(ends).toEqual([
      [{ status: "completed", output: 1 }, 1],
      [{ status: "failed", error: expect.objectContaining({ name: "RangeError" }) }, 3],
      [{ status: "completed", output: 3 }, 3],
    ]);
  });

  test("what fails in each attempt fails the call, with what the handler threw as its cause", async () => {
    await using pipeline = await start();
    const error = await errorOf(pipeline.submitter.run(flaky, { until: 9 }));
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error).toMatchObject({
      code: "TQ_ERR_TASK_FAILED",
      cause: { name: "RangeError", message: "attempt 3 is too early" },
    });
  });

  test("values arrive as what they were, large ones too", async () => {
    await using pipeline = await start();
    const value = {
      bytes: Buffer.from([1, 2, 3]),
      large: Buffer.alloc(1_000_000, 7),
      floats: new Float32Array([0.5, -1]),
      map: new Map([["a", new Set([1])]]),
      date: new Date(1),
      big: 2n ** 70n,
      nothing: undefined,
    };
    expect(await pipeline.submitter.run(echo, value)).toEqual(value);
  });
}

function describeEnds(start: Start): void {
  test("a running task is cancelled: its handler is told, and its end is final", async () => {
    await using pipeline = await start();
    const { taskId } = await pipeline.submitter.submit(hold, null);
    await expect.poll(() => pipeline.stats().leased, waitOptions).toBe(1);
    // Final is what the sink commits: what a loop has taken and gone on from.
    const looping = all(pipeline.results(hold));
    expect(await pipeline.submitter.cancel(taskId)).toBe("cancelled");
    expect(pipeline.stats()).toMatchObject({ unsettled: 0, leased: 0 });
    await pipeline.close();
    expect(await looping).toMatchObject([{ taskId, outcome: "cancelled" }]);
  });

  test("an attempt past its task's time fails, and a call past its own is given up", async () => {
    await using pipeline = await start();
    const { submitter } = pipeline;
    const timeout = await errorOf(submitter.run(brief, null));
    expect(timeout).toMatchObject({ code: "TQ_ERR_TASK_FAILED", cause: { code: "TQ_ERR_TIMEOUT" } });
    const deadline = await errorOf(submitter.run(hold, null, { timeoutMs: 50 }));
    expect(isTqError(deadline, "TQ_ERR_DEADLINE_EXCEEDED")).toBe(true);
    await expect.poll(() => pipeline.stats(), waitOptions).toMatchObject({ unsettled: 0, leased: 0 });
  });

  test("a drain waits for what was accepted, and takes nothing new", async () => {
    await using pipeline = await start();
    const taking = take(pipeline.results(nap), 50);
    await pipeline.submitter.submitMany(nap, new Array<number>(50).fill(10));
    const drained = pipeline.drain();
    // The loop has not asked for the one after the last, so what it left with the last one is open: one more asks.
    const rest = taking.then(() => all(pipeline.results(nap)));
    await drained;
    expect(await taking).toHaveLength(50);
    expect(pipeline.stats()).toMatchObject({ unsettled: 0 });
    const refused = await errorOf(pipeline.submitter.submit(nap, 1));
    expect(refused).toMatchObject({ code: "TQ_ERR_CLOSED" });
    await pipeline.close();
    expect(await rest).toHaveLength(1);
  });

  test("a close with work left ends calls and loops at once, and is harmless twice", async () => {
    await using pipeline = await start();
    const looping = all(pipeline.results(hold));
    const held = errorOf(pipeline.submitter.run(hold, null));
    await pipeline.submitter.submitMany(nap, new Array<number>(1_000).fill(1_000));
    await expect.poll(() => pipeline.stats().leased, waitOptions).toBeGreaterThan(1);
    await pipeline.close();
    await pipeline.close();
    expect(await held).toMatchObject({ code: "TQ_ERR_CLOSED" });
    expect(await looping).toEqual([]);
  });
}
