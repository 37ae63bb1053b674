import { expect, test } from "vitest";
import { defineTask, type } from "../contract/index.ts";
import { idRun } from "../protocol/index.ts";
import { submitLimits } from "./limits.ts";
import { double, origins, TestBed } from "./submitter.test-support.ts";

function* counting(to: number, onRead: (n: number) => void = () => {}) {
  for (let n = 0; n < to; n++) {
    onRead(n);
    yield n;
  }
}

async function* later(to: number) {
  for (let n = 0; n < to; n++) {
    await undefined;
    yield n;
  }
}

test("all of an iterable are accepted, and their ids are told as ranges", async () => {
  const bed = new TestBed();
  bed.runAtOnce();
  const done = bed.submitter.submitMany(double, counting(20_000));
  await bed.settle();
  await expect(done).resolves.toEqual({
    accepted: 20_000,
    ids: [{ origin: origins.sink, first: 1, last: 20_000 }],
  });
  expect(bed.largestBatch()).toBe(submitLimits.batchTasksMax);
});

test("an asynchronous iterable is read in batches, too, not task by task", async () => {
  const bed = new TestBed();
  bed.runAtOnce();
  const done = bed.submitter.submitMany(double, later(15));
  await bed.settle();
  await expect(done).resolves.toMatchObject({ accepted: 15 });
  expect(bed.handed().flat()).toEqual(Array.from({ length: 15 }, (_, n) => n));
});

test("nothing to submit is nothing accepted", async () => {
  const bed = new TestBed();
  const done = bed.submitter.submitMany(double, []);
  await bed.settle();
  await expect(done).resolves.toEqual({ accepted: 0, ids: [] });
});

test("it reads ahead no further than a bounded number of unaccepted tasks", async () => {
  const bed = new TestBed();
  let read = 0;
  const done = bed.submitter.submitMany(
    double,
    counting(50_000, () => {
      read += 1;
    }),
  );
  await bed.settle();
  expect(read).toBe(submitLimits.unacceptedTasksMax);
  bed.events.accepted(idRun(origins.sink, 1, 1_000));
  await bed.settle();
  expect(read).toBe(submitLimits.unacceptedTasksMax + 1_000);
  bed.runAtOnce();
  bed.events.accepted(idRun(origins.sink, 1_001, submitLimits.unacceptedTasksMax));
  await bed.settle();
  await expect(done).resolves.toMatchObject({ accepted: 50_000 });
});

test("it reads ahead no further than a bounded number of bytes, does not spin meanwhile, and goes on with credit", async () => {
  const bed = new TestBed();
  const blob = defineTask({ name: "blob", input: type<Uint8Array>(), output: type<number>() });
  const bytes = 1024 * 1024;
  bed.events.credit(0, 0);
  let read = 0;
  function* blobs() {
    for (; read < 60; read++) yield new Uint8Array(bytes);
  }
  const done = bed.submitter.submitMany(blob, blobs());
  await bed.settle();
  expect(read * bytes).toBeLessThanOrEqual(submitLimits.readAheadBytesMax);
  const turnsBefore = bed.turns;
  await bed.settle();
  expect(bed.turns).toBe(turnsBefore);
  bed.events.credit(100, 100 * bytes);
  await bed.settle();
  expect(bed.submission.stats()).toMatchObject({ queued: 0, unaccepted: 60 });
  bed.events.accepted(idRun(origins.sink, 1, 60));
  await expect(done).resolves.toMatchObject({ accepted: 60 });
});

test("the first bad input ends it; those before it stay accepted, and the error says how many", async () => {
  const bed = new TestBed();
  bed.runAtOnce();
  let isClosed = false;
  function* inputs() {
    try {
      yield* [1, 2, (() => 3) as never, 4];
    } finally {
      isClosed = true;
    }
  }
  const done = bed.submitter.submitMany(double, inputs());
  done.catch(() => {});
  await bed.settle();
  await expect(done).rejects.toMatchObject({
    code: "TQ_ERR_UNENCODABLE",
    message: expect.stringContaining("2 of 3 tasks read were accepted"),
    details: { path: "$", accepted: 2, ids: [{ origin: origins.sink, first: 1, last: 2 }] },
  });
  expect(bed.handed()).toEqual([[1, 2]]);
  expect(isClosed).toBe(true);
});

test("inputs that throw end it with their error as the cause", async () => {
  const bed = new TestBed();
  bed.runAtOnce();
  const broken = new Error("disk gone");
  function* inputs() {
    yield 1;
    throw broken;
  }
  const done = bed.submitter.submitMany(double, inputs());
  done.catch(() => {});
  await bed.settle();
  await expect(done).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_INPUT",
    cause: broken,
    details: { accepted: 1 },
  });
});

test("a task that the owner refuses ends it", async () => {
  const bed = new TestBed();
  const done = bed.submitter.submitMany(double, [1, 2, 3]);
  done.catch(() => {});
  await bed.settle();
  bed.accept(1);
  bed.events.rejected(idRun(origins.sink, 2, 2), "TQ_ERR_NO_SINK", "none");
  await expect(done).rejects.toMatchObject({ code: "TQ_ERR_NO_SINK", details: { accepted: 1 } });
});

test("its limit is on how long nothing is accepted, not on the whole", async () => {
  const bed = new TestBed();
  const done = bed.submitter.submitMany(double, counting(3), { timeoutMs: 100 });
  done.catch(() => {});
  await bed.settle();
  await bed.advance(90);
  bed.accept(1);
  await bed.advance(90);
  bed.accept(2);
  await bed.advance(99);
  expect(bed.submission.stats().unaccepted).toBe(1);
  await bed.advance(2);
  await expect(done).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_OUTCOME", details: { accepted: 2 } });
  expect(bed.timerCount).toBe(0);
});

test("its limit does not run while there is nothing to accept, however slow the inputs are", async () => {
  const bed = new TestBed();
  bed.runAtOnce();
  const second = Promise.withResolvers<number>();
  async function* inputs() {
    yield 1;
    yield await second.promise;
  }
  const done = bed.submitter.submitMany(double, inputs(), { timeoutMs: 100 });
  await bed.settle();
  await bed.advance(150);
  await bed.advance(150);
  bed.onSubmit = () => {};
  second.resolve(2);
  await bed.settle();
  await bed.advance(60);
  bed.accept(2);
  await bed.settle();
  await expect(done).resolves.toMatchObject({ accepted: 2 });
});

test("a signal ends it at once, also while its inputs produce nothing", async () => {
  const bed = new TestBed();
  bed.runAtOnce();
  const stop = new AbortController();
  async function* inputs() {
    yield 1;
    await new Promise(() => {});
  }
  const done = bed.submitter.submitMany(double, inputs(), { signal: stop.signal });
  done.catch(() => {});
  await bed.settle();
  stop.abort();
  await expect(done).rejects.toMatchObject({ code: "TQ_ERR_CANCELLED", details: { accepted: 1 } });
});

test("something that cannot be iterated is refused", async () => {
  const bed = new TestBed();
  await expect(bed.submitter.submitMany(double, 5 as never)).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_OPTION",
    message: expect.stringContaining("an iterable"),
  });
});
