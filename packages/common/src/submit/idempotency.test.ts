import { describe, expect, test } from "vitest";
import { idRun, rendezvous } from "../protocol/index.ts";
import { double, origins, TestBed } from "./submitter.test-support.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("the key and how long it is kept go along with the task, an hour where nobody says", async () => {
  const bed = new TestBed();
  void bed.submitter.submit(double, 1);
  void bed.submitter.submit(double, 2, { idempotencyKey: "a" });
  void bed.submitter.submit(double, 3, { idempotencyKey: "b", keepForMs: 0.5 });
  await bed.settle();
  expect(bed.batches.map(({ options }) => options)).toEqual([
    { key: { at: [0, 1], values: ["a", "b"] }, keyKeptMs: { at: [0, 1], values: [3_600_000, 1] } },
    {},
  ]);
});

test("a duplicate resolves with the ids of the first task, which may be anybody's, and counts as one", async () => {
  const bed = new TestBed();
  const own = bed.submitter.submit(double, 1, { idempotencyKey: "a" });
  const again = bed.submitter.submit(double, 1, { idempotencyKey: "a" });
  await bed.settle();
  bed.accept(1);
  bed.events.duplicate?.({
    ids: idRun(origins.sink, 2, 1),
    of: idRun("00000000000000ff", 7, 1),
    traceparent: { at: [0], values: [traceparent] },
  });
  expect(await own).toMatchObject({ taskId: `${origins.sink}-1`, isDuplicate: false });
  expect(await again).toEqual({
    taskId: "00000000000000ff-7",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    isDuplicate: true,
  });
  expect(bed.submission.stats()).toMatchObject({ accepted: 1, duplicates: 1, unaccepted: 0 });
});

test("a duplicate of nothing, or of a task that waits for an output, ends the call and is not passed over", async () => {
  const bed = new TestBed();
  const submitted = bed.submitter.submit(double, 1, { idempotencyKey: "a" });
  const run = bed.submitter.run(double, 1);
  await bed.settle();
  bed.events.duplicate?.({ ids: idRun(origins.sink, 1, 1), of: { origins: [], runs: [] } });
  bed.events.duplicate?.({ ids: idRun(origins.answer, 1, 1), of: idRun("00000000000000ff", 7, 1) });
  for (const call of [submitted, run]) await expect(call).rejects.toMatchObject({ code: "TQ_ERR_PROTOCOL" });
});

test("a conflict rejects the call with its code", async () => {
  const bed = new TestBed();
  const call = bed.submitter.submit(double, 1, { idempotencyKey: "a" });
  await bed.settle();
  bed.events.rejected(idRun(origins.sink, 1, 1), "TQ_ERR_IDEMPOTENCY_CONFLICT", "another input");
  await expect(call).rejects.toMatchObject({ code: "TQ_ERR_IDEMPOTENCY_CONFLICT" });
});

describe("refused is", () => {
  const bed = new TestBed();
  const { submitter } = bed;
  const options = { idempotencyKey: "a" } as object;
  test.each([
    ["an empty key", () => submitter.submit(double, 1, { idempotencyKey: "" }), /1 to 256 characters/],
    ["a key that is too long", () => submitter.submit(double, 1, { idempotencyKey: "x".repeat(257) }), /256/],
    ["half a character", () => submitter.submit(double, 1, { idempotencyKey: "\ud800" }), /well-formed/],
    ["a time without a key", () => submitter.submit(double, 1, { keepForMs: 5 }), /none is given/],
    [
      "a key on the push lane",
      () => submitter.submit(double, 1, { idempotencyKey: "a", delivery: "at-most-once" }),
      /nobody remembers them/,
    ],
    [
      "one key for many",
      () => submitter.submitMany(double, [1], options),
      /submitMany: idempotencyKey must be left out: a key is one task's/,
    ],
    [
      "a key for run",
      () => submitter.run(double, 1, options),
      /run: idempotencyKey must be left out: whoever waits/,
    ],
  ])("%s", async (_what, call, message) => {
    const error: unknown = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "TQ_ERR_INVALID_OPTION", message: expect.stringMatching(message) });
  });

  test("a key for map", () => {
    expect(() => submitter.map(double, [1], options)).toThrow(/map: idempotencyKey must be left out/);
  });
});

describe("with several owners", () => {
  const names = ["tcp://a:1", "tcp://b:1", "tcp://c:1"];
  const owners = names.map((owner, index) => ({
    sink: `00000000000000a${index}`,
    answer: `00000000000000b${index}`,
    owner,
  }));
  const credited = (bed: TestBed, tasks: readonly number[]): void => {
    for (const [index, credit] of tasks.entries()) bed.events.credit(credit, 1_000_000, index);
  };
  /** By key: whom it was handed to. */
  const handed = (bed: TestBed): Map<string, number | undefined> =>
    new Map(
      bed.batches.flatMap(({ options }, at) =>
        (options.key?.values ?? []).map((key) => [key, bed.owners[at]] as const),
      ),
    );
  const keys = Array.from({ length: 60 }, (_, n) => `order-${n}`);
  const submitAll = (bed: TestBed): void => {
    for (const idempotencyKey of keys) void bed.submitter.submit(double, 1, { idempotencyKey });
  };

  test("the key chooses, the same everywhere, in a message per owner; other tasks go by credit", async () => {
    const bed = new TestBed(owners);
    credited(bed, [1_000, 2_000, 1_000]);
    submitAll(bed);
    void bed.submitter.submit(double, 2);
    await bed.settle();
    expect(handed(bed)).toEqual(
      new Map(keys.map((key) => [key, names.indexOf(rendezvous(key, names) ?? "")])),
    );
    expect(bed.owners.toSorted()).toEqual([0, 1, 1, 2]);
  });

  test("a chosen one without credit is waited for, and holds up neither other owners nor other tasks", async () => {
    const bed = new TestBed(owners);
    credited(bed, [0, 1_000, 1_000]);
    submitAll(bed);
    void bed.submitter.submit(double, 2);
    await bed.settle();
    expect(new Set(bed.owners)).toEqual(new Set([1, 2]));
    const waiting = keys.filter((key) => rendezvous(key, names) === names[0]);
    expect(bed.submission.stats().queued).toBe(waiting.length);
    bed.events.credit(1_000, 1_000_000, 0);
    await bed.settle();
    expect(handed(bed).size).toBe(keys.length);
    expect(bed.submission.stats().queued).toBe(0);
  });

  test("what waits for one that goes out of reach is given to another, though nobody gives new credit", async () => {
    const bed = new TestBed(owners);
    credited(bed, [0, 1_000, 1_000]);
    submitAll(bed);
    await bed.settle();
    expect(bed.submission.stats().queued).toBeGreaterThan(0);
    bed.outOfReach.add(0);
    bed.events.reachChanged?.();
    await bed.settle();
    expect(handed(bed).size).toBe(keys.length);
    expect(bed.submission.stats().queued).toBe(0);
  });

  test("one out of reach leaves its keys to the others, and only its own", async () => {
    const bed = new TestBed(owners);
    credited(bed, [0, 0, 0]);
    submitAll(bed);
    await bed.settle();
    bed.outOfReach.add(0);
    credited(bed, [0, 1_000, 1_000]);
    await bed.settle();
    const others = names.slice(1);
    expect(handed(bed)).toEqual(
      new Map(keys.map((key) => [key, names.indexOf(rendezvous(key, others) ?? "")])),
    );
    expect(bed.submission.stats()).toMatchObject({ queued: 0, unaccepted: keys.length });
  });
});
