import type { QuestionReply } from "@tq/common/protocol";
import { encodeValues, nilValues } from "@tq/common/wire";
import { expect, test } from "vitest";
import { originsOf, TestBed } from "./producer-core.test-support.ts";

const asked = (bed: TestBed, owner = 0): QuestionReply[] => {
  const replies: QuestionReply[] = [];
  bed.core.ask(owner, { method: "dead.list", params: { task: "echo" } }, (reply) => replies.push(reply));
  bed.settle();
  return replies;
};

test("a question is answered by the ventilator that it was put to, once", () => {
  const bed = new TestBed(2);
  const [first, second] = [asked(bed, 1), asked(bed, 1)];
  expect(bed.ventilators.map((ventilator) => ventilator.heard())).toEqual([[], ["REQUEST", "REQUEST"]]);
  const ventilator = bed.ventilators[1];
  ventilator?.say({ verb: "RESPONSE", request: 2, values: encodeValues([{ letters: [] }]) });
  ventilator?.say({
    verb: "RESPONSE",
    request: 1,
    code: "TQ_ERR_UNKNOWN_TASK",
    message: "no such letter",
    values: nilValues(1),
  });
  ventilator?.say({ verb: "RESPONSE", request: 1, values: nilValues(1) });
  expect(first).toEqual([
    { ok: false, code: "TQ_ERR_UNKNOWN_TASK", message: "no such letter (the ventilator at tcp://v1)" },
  ]);
  expect(second).toEqual([{ ok: true, answer: { letters: [] } }]);
  expect(bed.core.stats()[1]?.violations).toBe(1);
});

test("a question that the session's end leaves open has an unknown outcome, and is not asked again", () => {
  const bed = new TestBed();
  const replies = asked(bed);
  bed.ventilator.restart();
  bed.advance(1_000);
  expect(replies).toMatchObject([{ ok: false, code: "TQ_ERR_UNKNOWN_OUTCOME" }]);
  expect(bed.ventilator.heard("REQUEST")).toEqual(["REQUEST"]);
  expect(asked(bed)).toEqual([]);
});

test("the end of the producer leaves no question open, also at a ventilator whose origin others have tasks of", () => {
  const bed = new TestBed(2);
  for (const ventilator of bed.ventilators) ventilator.grant(10);
  bed.submit("sink", 1);
  bed.ventilator.leave();
  bed.advance(1);
  const [, second] = bed.ventilators;
  expect(second?.heard("SUBMIT")).toEqual(["SUBMIT sink 1 again"]);
  bed.ventilator.isAlive = true;
  bed.ventilator.restart();
  bed.advance(200);
  const replies = asked(bed);
  bed.core.close("closed");
  expect(replies).toMatchObject([{ ok: false, code: "TQ_ERR_UNKNOWN_OUTCOME" }]);
});

test("who is not in reach is not asked", () => {
  const bed = new TestBed();
  bed.ventilator.isAlive = false;
  bed.advance(1_000);
  expect(asked(bed)).toMatchObject([{ ok: false, code: "TQ_ERR_UNREACHABLE" }]);
});

test("keys wait for a ventilator that is there or looked for the first time, not for one that is gone", () => {
  const bed = new TestBed(2);
  expect([bed.core.isInReach(0), bed.core.isInReach(1)]).toEqual([true, true]);
  const [, second] = bed.ventilators;
  if (second !== undefined) second.isAlive = false;
  bed.advance(200);
  expect(bed.core.isInReach(1)).toBe(true);
  bed.advance(200);
  expect(bed.core.isInReach(1)).toBe(false);
});

test("a duplicate is told and let go of: nothing of it is said again", () => {
  const bed = new TestBed();
  bed.ventilator.grant(10);
  bed.submit("sink", 2);
  bed.ventilator.say({
    verb: "DUPLICATE",
    ids: { origins: [originsOf(0).sink], runs: [0, 2, 1] },
    of: { origins: ["00000000000000ff"], runs: [0, 7, 1] },
  });
  expect(bed.events.heard).toEqual(["duplicate 2 of 7"]);
  bed.ventilator.heard();
  bed.ventilator.dropSession();
  bed.advance(500);
  bed.ventilator.grant(10);
  expect(bed.ventilator.heard("SUBMIT")).toEqual(["SUBMIT sink 1"]);
});
