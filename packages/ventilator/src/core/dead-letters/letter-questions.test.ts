import { TqError } from "@tq/common";
import type { Method, QuestionReply, Questions } from "@tq/common/protocol";
import { decodeValueAt } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import { FakeJournal } from "../journal/fake-journal.test-support.ts";
import { TestBed } from "../ventilator-core.test-support.ts";

const idOf = (seq: number): string => `00000000000000a1-${seq}`;

/** Asks, and gives the answer once the turn is over; `code: message` where there is none. */
const ask = <M extends Method>(bed: TestBed, method: M, params: unknown): Questions[M]["answer"] | string => {
  const replies: QuestionReply[] = [];
  bed.core.ask(bed.now, { method, params }, (reply) => replies.push(reply));
  bed.settle();
  const [reply] = replies;
  expect(replies).toHaveLength(1);
  if (reply?.ok === true) return reply.answer as Questions[M]["answer"];
  return reply === undefined ? "" : `${reply.code}: ${reply.message}`;
};

/** Tasks `from` to `to` that have failed for good, at their first attempt. */
const failing = (
  bed: TestBed,
  [from, to]: readonly [number, number],
  options: Parameters<TestBed["submit"]>[2] = {},
): void => {
  const worker = bed.worker(`w${from}`, { credit: 1_000 });
  bed.submit(from, to - from + 1, { maxAttempts: 1, ...options });
  for (let seq = from; seq <= to; seq++) worker.fail(bed.now, seq, { message: `no ${seq}` });
  bed.settle();
  bed.sink.commit(bed.now);
  bed.settle();
  worker.client.close("done");
  bed.settle();
  worker.isAlive = false;
};

describe("a dead letter", () => {
  test("is kept once the sink has made the failure final, with the errors of all attempts and the input", () => {
    const bed = new TestBed();
    const worker = bed.worker("w");
    const columns = { priority: { at: [0], values: [5] }, notBeforeMs: { at: [0], values: [10] } };
    bed.submit(1, 1, { maxAttempts: 2, columns, inputs: [{ order: 7 }] });
    bed.pass(25);
    worker.fail(bed.now, 1, { message: "first" });
    bed.pass(100);
    worker.fail(bed.now, 1, { attempt: 2, message: "second" });
    bed.settle();
    expect(ask(bed, "dead.show", { taskId: idOf(1) })).toMatch(/^TQ_ERR_UNKNOWN_TASK/);
    bed.sink.commit(bed.now);
    bed.settle();
    bed.pass(50);
    const letter = ask(bed, "dead.show", { taskId: idOf(1) });
    expect(letter).toMatchObject({
      task: "work",
      outcome: "failed",
      attempt: 2,
      failures: 2,
      crashes: 0,
      submitter: "local",
      error: { message: "second" },
      policy: { maxAttempts: 2 },
      options: { priority: 5, delayMs: 10 },
      errors: [
        { attempt: 1, worker: "w", error: { message: "first" } },
        { attempt: 2, worker: "w", agoMs: 50, error: { message: "second" } },
      ],
      acceptedAgoMs: 175,
      endedAgoMs: 50,
    });
    if (typeof letter === "string") throw new Error(letter);
    const { input, attachments } = letter;
    expect(decodeValueAt({ slab: input, from: 0, to: input.length, attachments })).toEqual({ order: 7 });
  });

  test("is not made of what completed after all, was cancelled, expired, or was answered", () => {
    const bed = new TestBed();
    const worker = bed.worker("w");
    bed.submit(1, 3, { maxAttempts: 1, columns: { expiresMs: { at: [2], values: [10] } } });
    worker.fail(bed.now, 1);
    bed.settle();
    bed.sink.commit(bed.now, "completed");
    bed.port.cancel({ origins: ["00000000000000a1"], runs: [0, 2, 1] });
    bed.pass(25);
    bed.submit(1, 1, { maxAttempts: 1, reply: "answer" });
    worker.client.session?.send(bed.now, {
      verb: "RETURN",
      epoch: worker.epoch,
      ids: { origins: ["00000000000000a1"], runs: [0, 3, 1] },
    });
    bed.settle();
    bed.sink.commit(bed.now);
    bed.pass(50);
    expect(bed.core.stats().deadLetters.kept).toBe(0);
  });
});

describe("a retry", () => {
  test.each(["in the turn of the question", "before the journal has begun to write it"])(
    "is answered when the ventilator closes %s",
    (when) => {
      const disk = when.includes("journal") ? new FakeJournal() : undefined;
      const bed = new TestBed(disk && { disk });
      const worker = bed.worker("w");
      bed.submit(1, 1, { maxAttempts: 1 });
      disk?.sync(bed);
      worker.fail(bed.now, 1);
      bed.settle();
      disk?.sync(bed);
      bed.sink.commit(bed.now);
      bed.settle();
      const replies: QuestionReply[] = [];
      const question = { method: "dead.retry", params: { taskId: idOf(1) } };
      bed.core.ask(bed.now, question, (reply) => replies.push(reply));
      bed.core.close(bed.now, new TqError("TQ_ERR_CLOSED", "the ventilator closes"));
      const refused = { code: "TQ_ERR_CLOSED", message: "the ventilator closes", count: 1 };
      const answer = disk === undefined ? { retried: [[idOf(1), expect.any(String)]] } : { refused };
      expect(replies).toMatchObject([{ ok: true, answer }]);
    },
  );

  test("runs the task again under a new id, with its input, options, policy and trace, and lets go of the letter", () => {
    const bed = new TestBed();
    const traceparent = { at: [0], values: ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"] };
    const columns = {
      traceparent,
      timeoutMs: { at: [0], values: [77] },
      notBeforeMs: { at: [0], values: [5] },
    };
    const old = bed.worker("old");
    bed.submit(1, 1, { maxAttempts: 1, columns, inputs: ["x"] });
    bed.pass(25);
    old.fail(bed.now, 1);
    bed.settle();
    bed.sink.commit(bed.now);
    bed.settle();
    const answer = ask(bed, "dead.retry", { taskId: idOf(1) });
    expect(answer).toEqual({ upTo: 1, retried: [[idOf(1), expect.stringMatching(/^[0-9a-f]{16}-1$/)]] });
    expect(bed.core.stats().deadLetters.kept).toBe(0);
    const tasks = old.received.filter((message) => message.verb === "TASKS").at(-1);
    expect(tasks).toMatchObject({
      options: { traceparent, timeoutMs: { values: [77] } },
      values: { lengths: [2] },
    });
    expect(tasks?.ids.origins).not.toEqual(["00000000000000a1"]);
    expect(ask(bed, "dead.retry", { taskId: idOf(1) })).toMatch(/^TQ_ERR_UNKNOWN_TASK/);
  });

  test("of all that match goes page by page, and never again over what fails meanwhile", () => {
    const bed = new TestBed();
    failing(bed, [1, 300]);
    const first = ask(bed, "dead.retry", { task: "work" });
    if (typeof first === "string") throw new Error(first);
    expect([first.retried.length, first.upTo]).toEqual([256, 300]);
    failing(bed, [301, 310]);
    const second = ask(bed, "dead.retry", { task: "work", after: first.next, upTo: first.upTo });
    if (typeof second === "string") throw new Error(second);
    expect([second.retried.length, second.next]).toEqual([44, undefined]);
    const newIds = [...first.retried, ...second.retried].map(([, id]) => id);
    expect(new Set(newIds).size).toBe(300);
    expect(bed.core.stats().deadLetters.kept).toBe(10);
  });

  test("takes its idempotency key along, unless another task has it by now", () => {
    const bed = new TestBed();
    const columns = { key: { at: [0, 1], values: ["a", "b"] } };
    const keyKeptMs = { at: [0], values: [60_000] };
    failing(bed, [1, 2], { columns: { ...columns, keyKeptMs } });
    bed.submit(3, 1, { columns: { key: { at: [0], values: ["b"] } }, inputs: ["other"] });
    ask(bed, "dead.retry", {});
    bed.owner.heard.splice(0);
    bed.submit(4, 2, { columns, inputs: [1, "other"] });
    expect(bed.owner.heard).toEqual(["duplicate 4,5 of 1,3"]);
  });

  test("that a draining ventilator refuses leaves the letter where it is", () => {
    const bed = new TestBed();
    failing(bed, [1, 2]);
    bed.core.drain();
    expect(ask(bed, "dead.retry", {})).toMatchObject({
      retried: [],
      refused: { code: "TQ_ERR_CLOSED", count: 2 },
    });
    expect(ask(bed, "dead.list", {})).toMatchObject({ letters: [{ taskId: idOf(1) }, { taskId: idOf(2) }] });
  });
});

test("lists are cut into pages, newest last, without stacks", () => {
  const bed = new TestBed();
  failing(bed, [1, 5]);
  const first = ask(bed, "dead.list", { limit: 3 });
  if (typeof first === "string") throw new Error(first);
  expect(first).toMatchObject({ kept: 5, dropped: 0, next: 3 });
  expect(first.letters.map(({ taskId, error }) => [taskId, error])).toEqual(
    [1, 2, 3].map((seq) => [idOf(seq), { name: "Error", message: `no ${seq}` }]),
  );
  const second = ask(bed, "dead.list", { limit: 3, after: first.next });
  expect(second).toMatchObject({ letters: [{ taskId: idOf(4) }, { taskId: idOf(5) }] });
  expect(second).not.toHaveProperty("next");
});

test("discarding forgets one, or all that match", () => {
  const bed = new TestBed();
  failing(bed, [1, 4]);
  expect(ask(bed, "dead.discard", { taskId: idOf(2) })).toMatchObject({ discarded: 1 });
  expect(ask(bed, "dead.discard", { outcome: "dead" })).toMatchObject({ discarded: 0 });
  expect(ask(bed, "dead.discard", { task: "work" })).toMatchObject({ discarded: 3 });
  expect(bed.core.stats().deadLetters).toMatchObject({ kept: 0, bytes: 0 });
});

test.each([
  ["dead.list", { limit: 1_001 }, /limit must be a whole number from 1 to 1000/],
  ["dead.list", { outcome: "completed" }, /outcome must be "failed" or "dead"/],
  ["dead.show", undefined, /taskId is missing/],
  ["dead.show", { taskId: 7 }, /taskId must be a task id/],
  ["dead.retry", { after: -1 }, /after must be a whole number from 0/],
  ["dead.eat", {}, /dead.eat cannot be asked here; there are dead.list, /],
])("%s with %j is refused with what would be right", (method, params, message) => {
  const reply = ask(new TestBed(), method as Method, params);
  expect(reply).toMatch(/^TQ_ERR_INVALID_OPTION/);
  expect(reply).toMatch(message);
});
