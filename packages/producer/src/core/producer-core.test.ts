import { idRun } from "@tq/common/protocol";
import { decodeValues, encodeValues, nilValues, type Submit } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import { ids, originsOf, TestBed } from "./producer-core.test-support.ts";

const none = { origins: [], runs: [] };

const granted = (tasks = 100) => {
  const bed = new TestBed();
  bed.ventilator.grant(tasks);
  bed.ventilator.heard();
  bed.reported();
  return bed;
};

test("credit is what was granted less what was handed over, in this session", () => {
  const bed = new TestBed();
  expect(bed.events.credits[0]).toBeUndefined();
  bed.ventilator.grant(10, 500);
  expect(bed.events.credits[0]).toEqual([10, 500]);
  bed.submit("sink", 4, { batch: { values: encodeValues(["aaaa", "bbbb", "cccc", "dddd"]) } });
  expect(bed.events.credits[0]).toEqual([6, 480]);
  bed.ventilator.grant(14, 600);
  expect(bed.events.credits[0]).toEqual([10, 580]);
});

test("credit ends while the session has no room for another message", () => {
  const bed = granted(1_000);
  bed.ventilator.isAlive = false;
  for (let n = 0; n < 31; n++) bed.submit("sink", 1);
  expect(bed.events.credits[0]?.[0]).toBe(969);
  bed.submit("sink", 1);
  expect(bed.events.credits[0]).toEqual([0, 0]);
});

test("what is told reaches the submitter, and an answer is acknowledged", () => {
  const bed = granted();
  bed.submit("sink", 3);
  bed.submit("answer", 2);
  expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 1,2,3", "SUBMIT answer 1,2"]);
  bed.ventilator.say({ verb: "ACCEPTED", ids: ids("sink", 1, 2) });
  bed.ventilator.say({ verb: "REJECTED", ids: ids("sink", 3), code: "TQ_ERR_NO_SINK", message: "none" });
  bed.ventilator.say({ verb: "SETTLED", outcome: "failed", ids: ids("sink", 1) });
  bed.ventilator.say({
    verb: "ANSWER",
    outcome: "completed",
    ids: ids("answer", 1, 2),
    values: encodeValues([1, 2]),
  });
  expect(bed.events.heard).toEqual([
    "accepted 1,2",
    "rejected TQ_ERR_NO_SINK 3",
    "settled failed 1",
    "answer completed 1,2",
  ]);
  bed.core.answered(ids("answer", 1, 2));
  bed.core.cancel(ids("sink", 2));
  bed.settle();
  expect(bed.ventilator.heard()).toEqual(["ANSWERED 1,2", "CANCEL 2"]);
  expect(bed.core.stats()).toMatchObject([{ unaccepted: 0, unsettled: 1, unanswered: 0 }]);
});

describe("a fresh session with the same ventilator", () => {
  test("gets pushed tasks again only until it has accepted them, and none back that it refused", () => {
    const bed = new TestBed();
    bed.ventilator.grant(100);
    bed.submit("push", 3);
    bed.submit("push", 2);
    bed.ventilator.say({ verb: "ACCEPTED", ids: ids("push", 1, 3) });
    expect(bed.core.stats()[0]).toMatchObject({ unaccepted: 2, unsettled: 0 });
    bed.ventilator.heard();
    bed.ventilator.dropSession();
    bed.advance(400);
    bed.ventilator.grant(100);
    expect(bed.ventilator.heard()).toEqual(["SUBMIT push 4,5"]);
    bed.ventilator.say({
      verb: "REJECTED",
      ids: ids("push", 4, 2),
      code: "TQ_ERR_CLOSED",
      message: "draining",
    });
    expect(bed.core.stats()[0]).toMatchObject({ unaccepted: 0, unsettled: 0, violations: 0 });
    expect(bed.events.heard.slice(-1)).toEqual(["rejected TQ_ERR_CLOSED 4,5"]);
  });

  test("gets again, with the same ids: unaccepted tasks, unanswered ones, cancellations without a reply", () => {
    const bed = granted();
    bed.submit("sink", 4);
    bed.submit("answer", 4);
    bed.ventilator.say({ verb: "ACCEPTED", ids: ids("sink", 1, 2) });
    bed.ventilator.say({ verb: "ACCEPTED", ids: ids("answer", 1, 4) });
    bed.ventilator.say({
      verb: "ANSWER",
      outcome: "completed",
      ids: ids("answer", 2),
      values: encodeValues([1]),
    });
    bed.core.cancel(ids("sink", 1));
    bed.settle();
    bed.ventilator.heard();
    bed.ventilator.dropSession();
    bed.advance(500);
    expect(bed.events.credits[0]).toEqual([0, 0]);
    expect(bed.ventilator.heard()).toEqual(["CANCEL 1"]);
    bed.ventilator.grant(100);
    expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 3,4", "SUBMIT answer 1", "SUBMIT answer 3,4"]);
    expect(bed.events.credits[0]?.[0]).toBe(95);
    expect(bed.reported()).toEqual(["ventilator.lost", "ventilator.joined"]);
  });

  test("is not overrun by what is said again: batches are cut to its credit, and new ones wait behind them", () => {
    const bed = granted();
    bed.submit("sink", 5);
    bed.ventilator.dropSession();
    bed.advance(500);
    bed.ventilator.heard();
    bed.ventilator.grant(2);
    expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 1,2"]);
    expect(bed.events.credits[0]?.[0]).toBe(0);
    bed.ventilator.grant(10);
    expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 3,4,5"]);
    expect(bed.events.credits[0]?.[0]).toBe(5);
  });

  test("a batch that was cut once is never said again as a whole: its parts are known to the ventilator apart", () => {
    const bed = granted();
    bed.submit("answer", 4);
    bed.ventilator.dropSession();
    bed.advance(500);
    bed.ventilator.grant(2);
    bed.ventilator.heard();
    bed.ventilator.dropSession();
    bed.advance(500);
    bed.ventilator.grant(100);
    expect(bed.ventilator.heard()).toEqual(["SUBMIT answer 1,2", "SUBMIT answer 3,4"]);
  });

  test("gets the acknowledgement of an answer again that was on its way", () => {
    const bed = granted();
    bed.submit("answer", 1);
    bed.ventilator.say({ verb: "ANSWER", outcome: "expired", ids: ids("answer", 1), values: nilValues(1) });
    bed.ventilator.isAlive = false;
    bed.core.answered(ids("answer", 1));
    bed.settle();
    bed.ventilator.isAlive = true;
    bed.ventilator.dropSession();
    bed.ventilator.heard();
    bed.advance(500);
    expect(bed.ventilator.heard()).toEqual(["ANSWERED 1"]);
  });

  test("is asked for nothing that was withdrawn: an answered task that was cancelled is only cancelled", () => {
    const bed = granted();
    bed.submit("answer", 3);
    bed.ventilator.dropSession();
    bed.core.cancel(ids("answer", 2));
    bed.advance(500);
    bed.ventilator.grant(100);
    expect(bed.ventilator.heard().filter((line) => line !== "SUBMIT answer 1,2,3")).toEqual([
      "CANCEL 2",
      "SUBMIT answer 1",
      "SUBMIT answer 3",
    ]);
  });

  test("is not given what it says it has refused or ended before", () => {
    const bed = granted();
    bed.submit("sink", 1);
    bed.submit("sink", 1);
    bed.submit("sink", 1);
    bed.ventilator.dropSession();
    bed.advance(500);
    bed.ventilator.heard();
    const refusal = { verb: "REJECTED", code: "TQ_ERR_STORAGE_FULL", message: "full" } as const;
    bed.ventilator.say({ ...refusal, ids: ids("sink", 1) });
    bed.ventilator.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 2) });
    bed.advance(1_000);
    bed.ventilator.grant(100);
    expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 3"]);
  });

  test("keeps the options and inputs of what is left of a batch", () => {
    const bed = granted();
    const heard: Submit[] = [];
    bed.submit("sink", 3, {
      batch: { options: { priority: { at: [0, 2], values: [7, 9] } }, values: encodeValues(["a", "b", "c"]) },
    });
    bed.ventilator.say({ verb: "ACCEPTED", ids: ids("sink", 1) });
    bed.ventilator.dropSession();
    bed.advance(500);
    bed.ventilator.onSubmit = (submit) => heard.push(submit);
    bed.ventilator.grant(100);
    expect(heard[0]?.options).toEqual({ priority: { at: [1], values: [9] } });
    expect(heard[0] && decodeValues(heard[0].values)).toEqual(["b", "c"]);
  });
});

test("a cut that the session survives loses nothing and says nothing twice", () => {
  const bed = granted();
  bed.ventilator.isAlive = false;
  bed.advance(350);
  bed.submit("sink", 2);
  expect(bed.events.credits[0]).toEqual([0, 0]);
  bed.ventilator.isAlive = true;
  bed.ventilator.server.wake(bed.now, 1_000);
  bed.advance(200);
  expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 1,2"]);
  expect(bed.events.credits[0]?.[0]).toBe(98);
  expect(bed.reported()).toEqual(["ventilator.resumed"]);
});

test("what is handed over between two sessions is said once, in the next", () => {
  const bed = granted();
  bed.ventilator.session?.sendUnnumbered({ verb: "BYE", reason: "restarting" });
  bed.settle();
  bed.ventilator.restart();
  bed.submit("sink", 1);
  bed.advance(500);
  bed.ventilator.grant(10);
  expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 1 again"]);
});

describe("a ventilator that was started anew", () => {
  const restarted = () => {
    const bed = granted();
    bed.submit("sink", 6);
    bed.submit("sink", 1);
    bed.submit("answer", 1);
    bed.ventilator.say({ verb: "ACCEPTED", ids: ids("sink", 1, 6) });
    bed.ventilator.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 2) });
    bed.core.cancel(ids("sink", 3, 2));
    bed.settle();
    bed.ventilator.restart();
    bed.ventilator.heard();
    bed.advance(500);
    bed.ventilator.grant(100);
    return bed;
  };

  test("gets what it may not have, and is asked for what it had accepted", () => {
    const bed = restarted();
    expect(bed.ventilator.heard()).toEqual(["RECLAIM 1,3,4,5,6", "SUBMIT sink 7 again", "SUBMIT answer 1"]);
    expect(bed.core.adrift).toBe(5);
    bed.reported();
    bed.ventilator.say({ verb: "RECLAIMED", ended: ids("sink", 3), unknown: ids("sink", 4, 2) });
    expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 4,5 again", "CANCEL 4"]);
    expect(bed.events.heard.at(-1)).toBe("rejected TQ_ERR_UNKNOWN_TASK 3");
    expect(bed.reports.splice(0)).toMatchObject([
      { type: "tasks.reclaimed", kept: 2, ended: 1, resubmitted: 2 },
    ]);
    expect(bed.core.stats()).toMatchObject([{ unaccepted: 3, unsettled: 2, unanswered: 1 }]);
    expect(bed.core.adrift).toBe(3);
    bed.ventilator.say({ verb: "ACCEPTED", ids: ids("sink", 4, 2) });
    bed.ventilator.say({ verb: "ACCEPTED", ids: ids("sink", 7) });
    expect(bed.core.adrift).toBe(0);
  });

  test("is asked again in the next session for what it has not answered, and not for the rest", () => {
    const bed = restarted();
    bed.ventilator.heard();
    bed.ventilator.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 5) });
    bed.ventilator.dropSession();
    bed.advance(500);
    expect(bed.ventilator.heard()).toEqual(["RECLAIM 1,3,4,6"]);
    bed.ventilator.say({ verb: "RECLAIMED", ended: none, unknown: none });
    bed.ventilator.dropSession();
    bed.advance(500);
    expect(bed.ventilator.heard("RECLAIM")).toEqual([]);
    bed.ventilator.say({ verb: "RECLAIMED", ended: none, unknown: ids("sink", 1, 6) });
    bed.ventilator.grant(100);
    expect(bed.ventilator.heard()).toEqual(["SUBMIT sink 7 again", "SUBMIT answer 1"]);
    expect(bed.core.stats()[0]?.violations).toBe(1);
  });

  test("says what is over of what it is given again: it need not be kept any longer", () => {
    const bed = restarted();
    bed.ventilator.say({ verb: "RECLAIMED", ended: none, unknown: none });
    bed.ventilator.say({ verb: "ACCEPTED", ids: ids("sink", 7) });
    expect(bed.core.stats()).toMatchObject([{ unaccepted: 0, unsettled: 6 }]);
    bed.ventilator.say({ verb: "RECLAIMED", ended: ids("sink", 7), unknown: none });
    expect(bed.core.stats()).toMatchObject([{ unsettled: 5, violations: 0 }]);
  });

  test("that refuses for good what it is given again: only then is it lost, and said", () => {
    const bed = restarted();
    bed.ventilator.say({ verb: "RECLAIMED", ended: none, unknown: ids("sink", 5, 2) });
    bed.reported();
    const refusal = { verb: "REJECTED", code: "TQ_ERR_PROTOCOL", message: "no" } as const;
    bed.ventilator.say({ ...refusal, ids: ids("sink", 5, 3) });
    const lost = { first: 5, last: 6, origin: originsOf(0).sink };
    expect(bed.reports).toMatchObject([{ type: "tasks.lost", count: 2, ids: [lost] }]);
    expect(bed.events.heard.at(-1)).toBe("rejected TQ_ERR_PROTOCOL 5,6,7");
  });
});

test("a producer that is taken for another one asks for what is its own", () => {
  const bed = granted();
  bed.submit("sink", 2);
  bed.ventilator.say({ verb: "ACCEPTED", ids: ids("sink", 1) });
  bed.ventilator.dropSession();
  bed.ventilator.refuseOnce("TQ_ERR_BOOT_ID_IN_USE");
  bed.ventilator.heard();
  bed.advance(500);
  bed.ventilator.grant(100);
  expect(bed.ventilator.heard()).toEqual(["RECLAIM 1", "SUBMIT sink 2"]);
});

test("each ventilator gets its own tasks, and tells of them", () => {
  const bed = new TestBed(2);
  for (const ventilator of bed.ventilators) ventilator.grant(10);
  bed.submit("sink", 2, { owner: 0 });
  bed.submit("sink", 3, { owner: 1 });
  expect(bed.ventilators.map((ventilator) => ventilator.heard())).toEqual([
    ["SUBMIT sink 1,2"],
    ["SUBMIT sink 1,2,3"],
  ]);
  expect(bed.events.credits.map(([tasks]) => tasks)).toEqual([8, 7]);
});

test("ids that were never handed to any ventilator, and verbs that are not its own, are violations, told at powers of two", () => {
  const bed = new TestBed(2);
  for (const ventilator of bed.ventilators) ventilator.grant(10);
  bed.submit("sink", 1, { owner: 1 });
  bed.reported();
  bed.ventilator.say({ verb: "ACCEPTED", ids: idRun(originsOf(1).sink, 1, 2) });
  bed.ventilator.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 1) });
  bed.ventilator.say({ verb: "RECALL", ids: ids("sink", 1) });
  bed.core.violation(bed.now, { channel: "ventilator:0" }, "garbage");
  expect(bed.events.heard).toEqual([]);
  expect(bed.reports).toMatchObject([
    { type: "peer.violated", endpoint: "tcp://v0", count: 1 },
    { type: "peer.violated", count: 2 },
    { type: "peer.violated", count: 4, reason: "garbage" },
  ]);
  expect(bed.core.stats()[0]).toMatchObject({ violations: 4, state: "open" });
});

test("a silent ventilator is told as unreachable once, and its return by credit", () => {
  const bed = granted();
  bed.ventilator.isAlive = false;
  bed.advance(3_000);
  expect(bed.events.heard).toEqual(["unreachable 0 TQ_ERR_UNREACHABLE"]);
  expect(bed.core.stats()).toMatchObject([{ state: "unreachable" }]);
  bed.ventilator.isAlive = true;
  bed.advance(500);
  bed.ventilator.grant(5);
  expect(bed.events.credits[0]?.[0]).toBe(5);
  expect(bed.reported()).toEqual(["ventilator.unreachable", "ventilator.lost", "ventilator.joined"]);
});

test("a refusal ends it for this endpoint, and names the right one", () => {
  const bed = new TestBed();
  bed.ventilator.restart();
  bed.ventilator.refusal = { code: "TQ_ERR_WRONG_ENDPOINT", message: "for workers", endpoint: "tcp://v0:2" };
  bed.reported();
  bed.advance(2_000);
  expect(bed.reports.at(-1)).toMatchObject({
    type: "ventilator.refused",
    code: "TQ_ERR_WRONG_ENDPOINT",
    rightEndpoint: "tcp://v0:2",
  });
  expect(bed.events.heard).toEqual(["unreachable 0 TQ_ERR_WRONG_ENDPOINT"]);
  expect(bed.core.stats()).toMatchObject([{ state: "refused" }]);
  expect(bed.core.wakeAt()).toBe(Number.POSITIVE_INFINITY);
});
