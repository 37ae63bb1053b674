import type { QuestionReply } from "@tq/common/protocol";
import { describe, expect, test } from "vitest";
import { FakeJournal } from "./journal/fake-journal.test-support.ts";
import { TestBed } from "./ventilator-core.test-support.ts";

/** A ventilator on a journal. The one that was on it before is gone, with all that was not safe. */
const start = (disk: FakeJournal, epoch = 7): TestBed =>
  new TestBed({ disk, identity: { bootId: "00000000000000e0", name: "ventilator", epoch } });

const passSafely = (bed: TestBed, disk: FakeJournal, ms: number): void => {
  for (let passed = 0; passed < ms; passed += 25) {
    bed.pass(25);
    disk.sync(bed);
  }
};

const keyed = (key: string, keptMs = 60_000) => ({
  key: { at: [0], values: [key] },
  keyKeptMs: { at: [0], values: [keptMs] },
});
const submit = (bed: TestBed, seq: number, { key, input }: { key: string; input: string }): void =>
  bed.submit(seq, 1, { columns: keyed(key), inputs: [input] });

const idOf = (seq: number): string => `00000000000000a1-${seq}`;
const asked = (bed: TestBed, method: string, params: unknown): QuestionReply[] => {
  const replies: QuestionReply[] = [];
  bed.core.ask(bed.now, { method, params }, (reply) => replies.push(reply));
  bed.settle();
  return replies;
};

/** A task that has failed for good, which is safe. */
const failed = (bed: TestBed, disk: FakeJournal, options: { key?: string } = {}): void => {
  const worker = bed.worker("w");
  const columns = options.key === undefined ? {} : keyed(options.key);
  bed.submit(1, 1, { maxAttempts: 1, columns, inputs: ["x"] });
  disk.sync(bed);
  worker.fail(bed.now, 1, { message: "no" });
  bed.settle();
  disk.sync(bed);
  bed.sink.commit(bed.now);
  passSafely(bed, disk, 75);
};

describe("an idempotency key in a journal", () => {
  test("is answered by the next start, of a task that is unsettled and of one that is over", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    const worker = first.worker("w");
    submit(first, 1, { key: "over", input: "x" });
    submit(first, 2, { key: "live", input: "x" });
    disk.sync(first);
    worker.done(first.now, [1]);
    passSafely(first, disk, 75);
    const bed = start(disk, 8);
    submit(bed, 3, { key: "over", input: "x" });
    submit(bed, 4, { key: "live", input: "x" });
    submit(bed, 5, { key: "over", input: "y" });
    submit(bed, 6, { key: "live", input: "y" });
    passSafely(bed, disk, 50);
    expect(bed.owner.heard).toEqual([
      "duplicate 3 of 1",
      "duplicate 4 of 2",
      "rejected TQ_ERR_IDEMPOTENCY_CONFLICT 5",
      "rejected TQ_ERR_IDEMPOTENCY_CONFLICT 6",
    ]);
    expect(bed.core.stats().idempotencyKeys).toMatchObject({ live: 1, settled: 1 });
  });

  test("is not answered with a task that is not safe yet, and not at all if there is no room for that one", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    submit(bed, 1, { key: "k", input: "x" });
    submit(bed, 2, { key: "k", input: "x" });
    expect(bed.owner.heard).toEqual([]);
    disk.sync(bed);
    bed.settle();
    expect(bed.owner.heard).toEqual(["accepted 1", "duplicate 2 of 1"]);
    submit(bed, 3, { key: "l", input: "x" });
    submit(bed, 4, { key: "l", input: "x" });
    disk.refuse(bed);
    bed.settle();
    expect(bed.owner.heard.slice(2).toSorted()).toEqual([
      "rejected TQ_ERR_STORAGE_FULL 3",
      "rejected TQ_ERR_STORAGE_FULL 4",
    ]);
    expect(bed.core.stats().idempotencyKeys).toMatchObject({ live: 1, settled: 0 });
  });

  test("of a duplicate leaves no gap after a restart either", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    const worker = first.worker("w");
    submit(first, 1, { key: "k", input: "x" });
    submit(first, 2, { key: "k", input: "x" });
    submit(first, 3, { key: "l", input: "x" });
    disk.sync(first);
    worker.done(first.now, [1, 3]);
    passSafely(first, disk, 100);
    const [journaled] = disk.restart().origins;
    expect(journaled?.settled).toEqual([1, 4]);
  });
});

describe("a dead letter in a journal", () => {
  test("is there after a restart, and is retried by the next start", () => {
    const disk = new FakeJournal();
    failed(start(disk), disk);
    const bed = start(disk, 8);
    expect(asked(bed, "dead.show", { taskId: idOf(1) })).toMatchObject([
      { ok: true, answer: { outcome: "failed", errors: [{ error: { message: "no" } }] } },
    ]);
    const worker = bed.worker("next");
    const replies = asked(bed, "dead.retry", {});
    expect(replies).toEqual([]);
    expect(bed.core.stats().deadLetters.kept).toBe(1);
    disk.sync(bed);
    bed.settle();
    expect(replies).toMatchObject([{ ok: true, answer: { retried: [[idOf(1), expect.any(String)]] } }]);
    expect(worker.tasks).toBe("1");
    passSafely(bed, disk, 75);
    expect(start(disk, 9).core.stats()).toMatchObject({ deadLetters: { kept: 0 }, unsettled: 1 });
  });

  test("stays one if its new task finds no room, and if the ventilator ends before that is safe", () => {
    const disk = new FakeJournal();
    failed(start(disk), disk);
    const bed = start(disk, 8);
    const replies = asked(bed, "dead.retry", {});
    disk.refuse(bed);
    bed.settle();
    expect(replies).toMatchObject([
      { ok: true, answer: { retried: [], refused: { code: "TQ_ERR_STORAGE_FULL", count: 1 } } },
    ]);
    passSafely(bed, disk, 1_200);
    expect(asked(bed, "dead.retry", {})).toEqual([]);
    expect(start(disk, 9).core.stats()).toMatchObject({ deadLetters: { kept: 1 }, unsettled: 0 });
  });

  test("keeps its key while its new task may still be refused, and hands it on when that is safe", () => {
    const disk = new FakeJournal();
    failed(start(disk), disk, { key: "k" });
    const bed = start(disk, 8);
    asked(bed, "dead.retry", {});
    disk.refuse(bed);
    passSafely(bed, disk, 1_200);
    submit(bed, 2, { key: "k", input: "x" });
    bed.settle();
    expect(bed.owner.heard).toEqual(["duplicate 2 of 1"]);
    const again = start(disk, 9);
    submit(again, 3, { key: "k", input: "x" });
    again.settle();
    expect(again.owner.heard).toEqual(["duplicate 3 of 1"]);
    const replies = asked(again, "dead.retry", {});
    disk.sync(again);
    again.settle();
    const [reply] = replies;
    const retriedAs = reply?.ok === true && "retried" in reply.answer ? reply.answer.retried[0]?.[1] : "";
    expect(retriedAs).toMatch(/-1$/);
    submit(again, 4, { key: "k", input: "x" });
    submit(again, 5, { key: "k", input: "y" });
    again.settle();
    expect(again.owner.heard.slice(1)).toEqual([
      "duplicate 4 of 1",
      "rejected TQ_ERR_IDEMPOTENCY_CONFLICT 5",
    ]);
    expect(again.core.stats().idempotencyKeys).toMatchObject({ live: 1, settled: 0 });
  });

  test("that was discarded is gone for good", () => {
    const disk = new FakeJournal();
    failed(start(disk), disk);
    const bed = start(disk, 8);
    expect(asked(bed, "dead.discard", { taskId: idOf(1) })).toMatchObject([{ ok: true }]);
    passSafely(bed, disk, 75);
    expect(start(disk, 9).core.stats().deadLetters.kept).toBe(0);
  });

  test("is one, not two, where its task was settled and that was not safe", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    const worker = first.worker("w");
    first.submit(1, 1, { maxAttempts: 1 });
    disk.sync(first);
    worker.fail(first.now, 1);
    first.settle();
    disk.sync(first);
    first.sink.commit(first.now);
    first.pass(25);
    expect(first.core.stats().deadLetters.kept).toBe(1);
    const bed = start(disk, 8);
    expect(bed.core.stats()).toMatchObject({ deadLetters: { kept: 0 }, unsettled: 1 });
    bed.pass(25);
    bed.sink.commit(bed.now);
    passSafely(bed, disk, 75);
    expect(start(disk, 9).core.stats()).toMatchObject({ deadLetters: { kept: 1 }, unsettled: 0 });
  });
});
