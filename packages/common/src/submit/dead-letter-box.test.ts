import { expect, test } from "vitest";
import type { DeadLetterLine, QuestionReply, WholeDeadLetter } from "../protocol/index.ts";
import { encodeValue } from "../wire/index.ts";
import { createDeadLetterBox, type DeadLetterSource } from "./dead-letter-box.ts";

const line = (taskId: string): DeadLetterLine => ({
  taskId,
  traceId: "t",
  task: "work",
  outcome: "failed",
  attempt: 3,
  failures: 3,
  crashes: 0,
  acceptedAgoMs: 5_000,
  endedAgoMs: 1_000,
  submitter: "p",
  inputBytes: 1,
});

const whole = (taskId: string): WholeDeadLetter => ({
  ...line(taskId),
  options: { priority: 5 },
  errors: [{ attempt: 3, worker: "w", agoMs: 1_000, error: { name: "Error", message: "no" } }],
  input: encodeValue({ order: 7 }),
  attachments: [],
});

interface Asked {
  readonly method: string;
  readonly params: { taskId?: string; after?: number; upTo?: number; limit?: number; task?: string };
}

/** A ventilator with letters `<name>-1`, `<name>-2`, … that answers two at a time. */
class Ventilator implements DeadLetterSource {
  readonly ventilator: string;
  readonly asked: Asked[] = [];
  isThere = true;
  letters: number[];
  reply: (asked: Asked) => QuestionReply = (asked) => this.#answer(asked);

  constructor(ventilator: string, count: number) {
    this.ventilator = ventilator;
    this.letters = Array.from({ length: count }, (_, index) => index + 1);
  }

  isInReach(): boolean {
    return this.isThere;
  }

  ask(question: { method: string; params: unknown }, reply: (reply: QuestionReply) => void): void {
    const asked = question as Asked;
    this.asked.push(asked);
    reply(this.reply(asked));
  }

  #answer({ method, params }: Asked): QuestionReply {
    const { taskId, after = 0, limit = 2, upTo = this.letters.length } = params;
    const chosen = this.letters.filter((number) =>
      taskId === undefined ? number > after && number <= upTo : taskId === `${this.ventilator}-${number}`,
    );
    if (taskId !== undefined && chosen.length === 0)
      return { ok: false, code: "TQ_ERR_UNKNOWN_TASK", message: "no such letter" };
    const page = chosen.slice(0, limit);
    const ids = page.map((number) => `${this.ventilator}-${number}`);
    const next = page.length < chosen.length ? { next: page.at(-1) } : {};
    if (method === "dead.list")
      return { ok: true, answer: { letters: ids.map(line), kept: 9, dropped: 0, ...next } };
    if (method === "dead.show") return { ok: true, answer: whole(ids[0] ?? "") };
    if (method === "dead.discard") return { ok: true, answer: { discarded: page.length, upTo, ...next } };
    return { ok: true, answer: { retried: ids.map((id) => [id, `new-${id}`] as const), upTo, ...next } };
  }
}

const now = 1_000_000;
const boxOf = (...ventilators: Ventilator[]) => createDeadLetterBox(ventilators, () => now);

test("pages go through all ventilators, in any size", async () => {
  for (const limit of [1, 2, 3, 7]) {
    const box = boxOf(new Ventilator("a", 3), new Ventilator("b", 0), new Ventilator("c", 2));
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await box.list({ limit, after });
      expect(page.letters.length).toBeLessThanOrEqual(limit);
      ids.push(...page.letters.map(({ taskId }) => taskId));
      after = page.next;
    } while (after !== undefined);
    expect(ids).toEqual(["a-1", "a-2", "a-3", "c-1", "c-2"]);
  }
});

test("spans become instants of the clock here, and the input is decoded", async () => {
  const box = boxOf(new Ventilator("a", 1));
  const letter = await box.show("a-1");
  expect(letter).toMatchObject({
    acceptedAt: new Date(now - 5_000),
    endedAt: new Date(now - 1_000),
    input: { order: 7 },
    errors: [{ at: new Date(now - 1_000), worker: "w" }],
    ventilator: "a",
  });
  expect(letter).not.toHaveProperty("acceptedAgoMs");
});

test("one letter is looked for at each ventilator, and unknown only if all of them are there to say so", async () => {
  const [a, b] = [new Ventilator("a", 1), new Ventilator("b", 1)];
  const box = boxOf(a, b);
  expect(await box.retry("b-1")).toEqual([{ taskId: "b-1", retriedAs: "new-b-1" }]);
  await expect(box.show("c-1")).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_TASK" });
  a.isThere = false;
  await expect(box.discard("a-1")).rejects.toMatchObject({
    code: "TQ_ERR_UNREACHABLE",
    details: { unreachable: ["a"] },
  });
});

test("all that match are retried page by page, up to where they ended when it began", async () => {
  const a = new Ventilator("a", 3);
  const retried = await boxOf(a, new Ventilator("b", 1)).retry({ task: "work" });
  expect(retried.map(({ taskId }) => taskId)).toEqual(["a-1", "a-2", "a-3", "b-1"]);
  expect(a.asked.map(({ params }) => params)).toEqual([
    { task: "work" },
    { task: "work", after: 2, upTo: 3 },
  ]);
});

test("what one refuses or cannot be asked is an error that says what was done", async () => {
  const [a, b] = [new Ventilator("a", 1), new Ventilator("b", 2)];
  b.reply = () => ({
    ok: true,
    answer: {
      retried: [["b-1", "new-b-1"]],
      refused: { code: "TQ_ERR_STORAGE_FULL", message: "no room", count: 1 },
      upTo: 2,
    },
  });
  await expect(boxOf(a, b).retry({})).rejects.toMatchObject({
    code: "TQ_ERR_STORAGE_FULL",
    details: { retried: [{ taskId: "a-1" }, { taskId: "b-1" }] },
  });
  b.isThere = false;
  await expect(boxOf(a, b).discard({})).rejects.toMatchObject({ code: "TQ_ERR_UNREACHABLE" });
  expect(await boxOf(a, b).list()).toMatchObject({ letters: [{ taskId: "a-1" }], unreachable: ["b"] });
});

test("what was done before something went wrong is told with it", async () => {
  const [a, b] = [new Ventilator("a", 3), new Ventilator("b", 1)];
  b.isThere = false;
  await expect(boxOf(a, b).retry({})).rejects.toMatchObject({
    code: "TQ_ERR_UNREACHABLE",
    details: { unreachable: ["b"], retried: [{ taskId: "a-1" }, { taskId: "a-2" }, { taskId: "a-3" }] },
  });
  const answer = a.reply;
  a.reply = (asked) =>
    asked.params.after === undefined
      ? answer(asked)
      : { ok: false, code: "TQ_ERR_UNKNOWN_OUTCOME", message: "contact was lost" };
  await expect(boxOf(a).retry({})).rejects.toMatchObject({
    code: "TQ_ERR_UNKNOWN_OUTCOME",
    details: { retried: [{ taskId: "a-1" }, { taskId: "a-2" }] },
  });
  await expect(boxOf(a).discard({})).rejects.toMatchObject({
    code: "TQ_ERR_UNKNOWN_OUTCOME",
    details: { discarded: 2 },
  });
});

test("an answer that is none, and a code of a later version, do not get through as anything else", async () => {
  const a = new Ventilator("a", 1);
  a.reply = () => ({ ok: true, answer: null as never });
  await expect(boxOf(a).list()).rejects.toMatchObject({ code: "TQ_ERR_PROTOCOL" });
  await expect(boxOf(a).show("a-1")).rejects.toMatchObject({ code: "TQ_ERR_PROTOCOL" });
  await expect(boxOf(a).retry({})).rejects.toMatchObject({ code: "TQ_ERR_PROTOCOL" });
  a.reply = () => ({ ok: false, code: "TQ_ERR_NEWS", message: "from tomorrow" });
  await expect(boxOf(a).discard({})).rejects.toMatchObject({
    code: "TQ_ERR_PROTOCOL",
    message: expect.stringContaining("TQ_ERR_NEWS"),
  });
});

test.each([
  ["list", { limits: 5 }, /unknown option "limits"/],
  ["list", { after: "7" }, /after is the `next` of a page/],
  ["list", { limit: 0 }, /limit must be a whole number from 1 to 1000, not 0/],
  ["list", { limit: 1_001 }, /limit must be/],
  ["discard", [], /takes the id of one task, or a filter/],
  ["retry", { taskId: "a-1" }, /unknown option "taskId"/],
  ["retry", undefined, /takes an object of options/],
  ["show", 7, /give the id of a task/],
] as const)("%s refuses %j", async (call, given, message) => {
  const box = boxOf(new Ventilator("a", 1)) as unknown as Record<
    string,
    (given: unknown) => Promise<unknown>
  >;
  await expect(box[call]?.(given)).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_OPTION",
    message: expect.stringMatching(message),
  });
});
