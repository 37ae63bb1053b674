import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTask, TqError, type } from "../contract/index.ts";
import { double, origins, seqsOf, TestBed, takeSome } from "./submitter.test-support.ts";

const spell = defineTask({ name: "spell", input: type<string>(), output: type<string>() });

/** Counts what is read of it, and notices its end. */
class Inputs implements Iterable<number> {
  read = 0;
  isClosed = false;
  readonly #to: number;

  constructor(to: number) {
    this.#to = to;
  }

  *[Symbol.iterator]() {
    try {
      while (this.read < this.#to) yield this.read++;
    } finally {
      this.isClosed = true;
    }
  }
}

const collect = <Value>(results: AsyncIterable<Value>) => takeSome(results, Number.POSITIVE_INFINITY);

/** Settles the bed until the promise has settled. */
async function through<Result>(bed: TestBed, promise: Promise<Result>): Promise<Result> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promise.then(over, over);
  for (let round = 0; !isOver && round < 10_000; round++) await bed.settle();
  if (!isOver) throw new Error("it hangs");
  return promise;
}

describe("map", () => {
  test("yields outputs in the order of the inputs, whatever the order of the answers", async () => {
    const bed = new TestBed();
    const outputs = collect(bed.submitter.map(double, [1, 2, 3, 4]));
    await bed.settle();
    for (const seq of [3, 1, 4, 2]) bed.answer(seq, seq * 10);
    await expect(through(bed, outputs)).resolves.toEqual([10, 20, 30, 40]);
  });

  test("reads the characters of a string", async () => {
    const bed = new TestBed();
    const outputs = collect(bed.submitter.map(spell, "tq"));
    await bed.settle();
    bed.answer(1, "tango");
    bed.answer(2, "quebec");
    await expect(through(bed, outputs)).resolves.toEqual(["tango", "quebec"]);
  });

  test("starts nothing before the first next", async () => {
    const bed = new TestBed();
    const inputs = new Inputs(3);
    bed.submitter.map(double, inputs);
    await bed.settle();
    expect(inputs.read).toBe(0);
  });

  test("reads no further than inFlight beyond what was taken, also when all is answered", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    const inputs = new Inputs(100);
    const outputs = bed.submitter.map(double, inputs, { inFlight: 10 });
    await through(bed, outputs.next());
    await bed.settle();
    expect(inputs.read).toBe(11);
    for (let taken = 1; taken < 5; taken++) await through(bed, outputs.next());
    await bed.settle();
    expect(inputs.read).toBe(15);
    await outputs.return();
  });

  test("serves calls of next that came before there was anything", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    const outputs = bed.submitter.map(double, [1, 2]);
    const nexts = [outputs.next(), outputs.next(), outputs.next()];
    await expect(through(bed, Promise.all(nexts))).resolves.toEqual([
      { done: false, value: 2 },
      { done: false, value: 4 },
      { done: true, value: undefined },
    ]);
  });

  test("goes around its slots many times", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    const outputs = collect(bed.submitter.map(double, new Inputs(1_000), { inFlight: 7 }));
    await expect(through(bed, outputs)).resolves.toEqual(Array.from({ length: 1_000 }, (_, n) => n * 2));
    expect(bed.largestBatch()).toBe(7);
  });

  test("takes an asynchronous iterable, and outputs through their schema", async () => {
    const bed = new TestBed();
    const text = defineTask({ name: "text", input: type<number>(), output: z.number().transform(String) });
    const late = defineTask({
      name: "late",
      input: type<number>(),
      output: z.number().refine(async () => true),
    });
    bed.runAtOnce();
    async function* inputs() {
      yield 1;
      yield 2;
    }
    await expect(through(bed, collect(bed.submitter.map(text, inputs())))).resolves.toEqual(["2", "4"]);
    await expect(through(bed, collect(bed.submitter.map(late, inputs())))).resolves.toEqual([2, 4]);
  });

  test("throws at the first failure in the order of the inputs, after the outputs before it, and cancels the rest", async () => {
    const bed = new TestBed();
    const inputs = new Inputs(100);
    const taken: number[] = [];
    const loop = (async () => {
      for await (const output of bed.submitter.map(double, inputs, { inFlight: 5 })) taken.push(output);
    })();
    loop.catch(() => {});
    await bed.settle();
    bed.fail(3, "broken");
    await bed.settle();
    expect(bed.cancelled).toEqual([4, 5]);
    bed.answer(1, 10);
    bed.answer(2, 20);
    await expect(through(bed, loop)).rejects.toMatchObject({
      code: "TQ_ERR_TASK_FAILED",
      taskId: `${origins.answer}-3`,
      cause: { message: "broken" },
    });
    expect(taken).toEqual([10, 20]);
    expect(inputs).toMatchObject({ read: 5, isClosed: true });
    expect(bed.submission.stats().unanswered).toBe(0);
  });

  test("break cancels what is under way, drops what is queued, and closes the inputs", async () => {
    const bed = new TestBed();
    bed.events.credit(3, 1_000);
    const inputs = new Inputs(100);
    const loop = takeSome(bed.submitter.map(double, inputs, { inFlight: 5 }), 1);
    await bed.settle();
    bed.answer(1, 10);
    await expect(through(bed, loop)).resolves.toEqual([10]);
    await bed.settle();
    expect(bed.cancelled).toEqual([2, 3]);
    expect(inputs.isClosed).toBe(true);
    bed.events.credit(100, 1_000);
    await bed.settle();
    expect(bed.batches.map(({ ids }) => seqsOf(ids))).toEqual([[1, 2, 3]]);
    expect(bed.submission.stats()).toMatchObject({ queued: 0, unanswered: 0 });
  });

  test("break does not wait for inputs that produce nothing", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    async function* inputs() {
      yield 1;
      await new Promise(() => {});
    }
    await expect(through(bed, takeSome(bed.submitter.map(double, inputs()), 1))).resolves.toEqual([2]);
  });

  test("an input that is no good throws at its place", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    const positive = defineTask({ name: "positive", input: z.number().positive(), output: type<number>() });
    const outputs = bed.submitter.map(positive, [1, -1, 2]);
    await expect(through(bed, outputs.next())).resolves.toMatchObject({ value: 2 });
    await expect(through(bed, outputs.next())).rejects.toMatchObject({ code: "TQ_ERR_INVALID_INPUT" });
    await expect(outputs.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test("an error of the inputs is thrown as it is, after the outputs before it", async () => {
    const bed = new TestBed();
    const broken = new Error("disk gone");
    function* inputs() {
      yield 1;
      throw broken;
    }
    const outputs = bed.submitter.map(double, inputs());
    const first = outputs.next();
    await bed.settle();
    bed.answer(1, 2);
    await expect(through(bed, first)).resolves.toMatchObject({ value: 2 });
    await expect(through(bed, outputs.next())).rejects.toBe(broken);
  });

  test("its limit is for each task, and cancels the one that passed it", async () => {
    const bed = new TestBed();
    const loop = collect(bed.submitter.map(double, [1, 2], { timeoutMs: 100 }));
    loop.catch(() => {});
    await bed.settle();
    bed.answer(2, 4);
    await bed.advance(100);
    await expect(through(bed, loop)).rejects.toMatchObject({
      code: "TQ_ERR_DEADLINE_EXCEEDED",
      details: { taskId: `${origins.answer}-1` },
    });
    expect(bed.cancelled).toEqual([1]);
    expect(bed.timerCount).toBe(0);
  });

  test("a task that came later has a deadline of its own", async () => {
    const bed = new TestBed();
    const outputs = bed.submitter.map(double, [1, 2], { timeoutMs: 100, inFlight: 1 });
    const first = outputs.next();
    await bed.settle();
    await bed.advance(80);
    bed.answer(1, 2);
    await through(bed, first);
    const second = outputs.next();
    await bed.settle();
    await bed.advance(80);
    bed.answer(2, 4);
    await expect(through(bed, second)).resolves.toMatchObject({ value: 4 });
    await outputs.return();
    expect(bed.timerCount).toBe(0);
  });

  test("a signal ends the loop and cancels the rest, waiting or not", async () => {
    const bed = new TestBed();
    const stop = new AbortController();
    const waiting = collect(bed.submitter.map(double, [1, 2], { signal: stop.signal }));
    const idle = bed.submitter.map(double, [3], { signal: stop.signal });
    const first = idle.next();
    waiting.catch(() => {});
    await bed.settle();
    bed.answer(3, 6);
    await through(bed, first);
    stop.abort();
    await expect(through(bed, waiting)).rejects.toMatchObject({ code: "TQ_ERR_CANCELLED" });
    await expect(through(bed, idle.next())).rejects.toMatchObject({ code: "TQ_ERR_CANCELLED" });
    await bed.settle();
    expect(bed.cancelled).toEqual([1, 2]);
  });

  test("gives nothing more once it was left or stopped, though there is more", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    const stop = new AbortController();
    const left = bed.submitter.map(double, [1, 2, 3]);
    const stopped = bed.submitter.map(double, [1, 2, 3], { signal: stop.signal });
    await through(bed, Promise.all([left.next(), stopped.next()]));
    await left.return();
    stop.abort();
    await expect(left.next()).resolves.toEqual({ done: true, value: undefined });
    await expect(stopped.next()).rejects.toMatchObject({ code: "TQ_ERR_CANCELLED" });
    await expect(stopped.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test("ends with what was taken when the submitter stops, and says why", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    const outputs = bed.submitter.map(double, new Inputs(100), { inFlight: 2 });
    await through(bed, outputs.next());
    bed.submission.stop();
    await expect(through(bed, outputs.next())).resolves.toMatchObject({ value: 2 });
    await expect(through(bed, collect(outputs))).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
  });

  test("a loop that submits in its body goes on, though the map alone fills the credit", async () => {
    const bed = new TestBed();
    bed.runAtOnce();
    const room = 4;
    bed.events.credit(room, 1_000);
    // The owner gives the credit of a task back as soon as its answer has arrived.
    const answered = bed.answered.bind(bed);
    bed.answered = (ids) => {
      answered(ids);
      bed.events.credit(room, 1_000);
    };
    const loop = (async () => {
      const sums: number[] = [];
      for await (const n of bed.submitter.map(double, new Inputs(20), { inFlight: 8 })) {
        sums.push(n + (await bed.submitter.run(double, n)));
      }
      return sums;
    })();
    await expect(through(bed, loop)).resolves.toHaveLength(20);
  });

  test("options that are no good throw at the call", () => {
    const bed = new TestBed();
    expect(() => bed.submitter.map(double, [1], { inFlight: 0 })).toThrow(
      "map: inFlight must be an integer from 1 to 1000000, not 0",
    );
    expect(() => bed.submitter.map(double, null as never)).toThrow("the inputs are an iterable");
  });
});

describe("mapSettled", () => {
  test("yields every end as it comes, with the place of its input", async () => {
    const bed = new TestBed();
    const ends = collect(bed.submitter.mapSettled(double, [1, 2, 3, 4]));
    await bed.settle();
    bed.answer(3, 30);
    bed.fail(1, "broken");
    bed.stop(4, "expired");
    bed.answer(2, 20);
    await expect(through(bed, ends)).resolves.toEqual([
      { index: 2, outcome: { status: "completed", output: 30 } },
      { index: 0, outcome: { status: "failed", error: { name: "Error", message: "broken" } } },
      { index: 3, outcome: { status: "expired" } },
      { index: 1, outcome: { status: "completed", output: 20 } },
    ]);
  });

  test("is not held up by one slow task", async () => {
    const bed = new TestBed();
    bed.onSubmit = ({ ids }) => {
      for (const seq of seqsOf(ids)) if (seq !== 1) bed.answer(seq, seq);
    };
    const ends = bed.submitter.mapSettled(double, new Inputs(50), { inFlight: 3 });
    const taken = await through(
      bed,
      (async () => {
        const indexes: number[] = [];
        for (let n = 0; n < 49; n++) indexes.push((await ends.next()).value?.index ?? -1);
        return indexes;
      })(),
    );
    expect(taken).toEqual(Array.from({ length: 49 }, (_, n) => n + 1));
    bed.answer(1, 1);
    await expect(through(bed, collect(ends))).resolves.toMatchObject([{ index: 0 }]);
  });

  test("tells inputs, outputs and time limits that are no good as failures with a code", async () => {
    const bed = new TestBed();
    const picky = defineTask({ name: "picky", input: z.number().positive(), output: z.string() });
    const ends = collect(bed.submitter.mapSettled(picky, [-1, 1, 2], { timeoutMs: 100 }));
    await bed.settle();
    bed.answer(1, 5);
    await bed.advance(100);
    const codes = (await through(bed, ends)).map(({ index, outcome }) => [
      index,
      outcome.status === "failed" ? outcome.error.code : outcome.status,
    ]);
    expect(codes).toEqual([
      [0, "TQ_ERR_INVALID_INPUT"],
      [1, "TQ_ERR_INVALID_OUTPUT"],
      [2, "TQ_ERR_DEADLINE_EXCEEDED"],
    ]);
  });

  test("notices each task's own deadline, one after the other", async () => {
    const bed = new TestBed();
    const second = Promise.withResolvers<number>();
    async function* inputs() {
      yield 1;
      yield await second.promise;
    }
    const ends = collect(bed.submitter.mapSettled(double, inputs(), { timeoutMs: 100 }));
    await bed.settle();
    await bed.advance(50);
    second.resolve(2);
    await bed.settle();
    await bed.advance(50);
    expect(bed.cancelled).toEqual([1]);
    await bed.advance(49);
    expect(bed.cancelled).toEqual([1]);
    await bed.advance(6);
    await expect(through(bed, ends)).resolves.toMatchObject([{ index: 0 }, { index: 1 }]);
    expect(bed.cancelled).toEqual([1, 2]);
    expect(bed.timerCount).toBe(0);
  });

  test("throws where no more tasks can be submitted, instead of failing input after input", async () => {
    const bed = new TestBed();
    const gone = new TqError("TQ_ERR_UNSUPPORTED_VERSION", "too old");
    bed.events.unreachable(0, gone);
    const inputs = new Inputs(1_000_000);
    await expect(through(bed, collect(bed.submitter.mapSettled(double, inputs)))).rejects.toBe(gone);
    expect(inputs.read).toBeLessThan(2_000);
  });
});
