import { idRun, sinkBlockSeqs } from "@tq/common/protocol";
import { encodeValues } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import type { ProducerLimits } from "./port.ts";
import { ids, originsOf, TestBed } from "./producer-core.test-support.ts";

const none = { origins: [], runs: [] };
const sinks = { here: ["s1", "s2"], away: [] };

/** Two ventilators that have given credit. Silence of 300 ms means gone. */
const pair = (limits: Partial<ProducerLimits> = {}) => {
  const bed = new TestBed(2, limits);
  const [first, second] = bed.ventilators;
  if (first === undefined || second === undefined) throw new Error("there are two");
  for (const ventilator of [first, second]) ventilator.grant(100);
  bed.reported();
  return { bed, first, second };
};

/** The first one has accepted sink-bound tasks 1 to 4, of which 1 is settled, and answered tasks 1 and 2. */
const accepted = () => {
  const { bed, first, second } = pair();
  first.say({ verb: "SINKS", ...sinks });
  bed.submit("sink", 4);
  bed.submit("answer", 2);
  first.say({ verb: "ACCEPTED", ids: ids("sink", 1, 4) });
  first.say({ verb: "ACCEPTED", ids: ids("answer", 1, 2) });
  first.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 1) });
  const [said = ""] = first.heard("SUBMIT");
  const sink = said.slice(-2);
  bed.events.heard.length = 0;
  return { bed, first, second, sink };
};

describe("a ventilator that is gone", () => {
  test("gives all that is not over to another one, with the same ids and for the same sink", () => {
    const { bed, first, second, sink } = accepted();
    first.isAlive = false;
    bed.advance(250);
    expect(second.heard()).toEqual([]);
    bed.advance(150);
    expect(second.heard()).toEqual([`SUBMIT sink 2,3,4 for ${sink} again`, "SUBMIT answer 1,2 again"]);
    expect(bed.reports.splice(0)).toMatchObject([
      { type: "tasks.handed-on", endpoint: "tcp://v0", to: ["tcp://v1"], count: 5 },
    ]);
    expect(bed.core.stats()).toMatchObject([
      { unaccepted: 0, unsettled: 0, unanswered: 0 },
      { unaccepted: 3, unsettled: 0, unanswered: 2 },
    ]);
    expect([bed.core.handedOn, bed.core.adrift]).toEqual([5, 3]);
    second.say({ verb: "ACCEPTED", ids: ids("sink", 2, 3) });
    expect(bed.core.adrift).toBe(0);
  });

  test("by its own word gives it away at once", () => {
    const { bed, first, second } = accepted();
    first.leave();
    bed.advance(1);
    expect(second.heard("SUBMIT")).toHaveLength(2);
  });

  test("is said to be out of reach, and to be there again, once each: tasks with keys may wait for it", () => {
    const { bed, first } = pair();
    first.isAlive = false;
    bed.advance(600);
    expect(bed.events.reaches).toEqual(["false,true"]);
    first.isAlive = true;
    bed.advance(200);
    expect(bed.events.reaches).toEqual(["false,true", "true,true"]);
  });

  test("that was never there is said to be out of reach when it is given up", () => {
    const bed = new TestBed(2, {}, [1]);
    bed.advance(900);
    expect(bed.events.reaches).toEqual([]);
    bed.advance(200);
    expect(bed.events.reaches).toEqual(["false,true"]);
  });

  test("gives no more than the other one has given credit for", () => {
    const { bed, first, second } = pair();
    bed.submit("sink", 5);
    bed.submit("sink", 97, { owner: 1 });
    second.heard();
    first.isAlive = false;
    bed.advance(400);
    expect(second.heard()).toEqual(["SUBMIT sink 1,2,3 again"]);
    second.grant(200);
    expect(second.heard()).toEqual(["SUBMIT sink 4,5 again"]);
  });

  test("and comes back goes on with what it has: each outcome is told once, whoever tells it first", () => {
    const { bed, first, second } = accepted();
    first.isAlive = false;
    bed.advance(400);
    second.say({ verb: "ACCEPTED", ids: ids("sink", 2, 3) });
    second.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 2) });
    first.isAlive = true;
    bed.advance(400);
    first.heard();
    first.say({ verb: "SETTLED", outcome: "failed", ids: ids("sink", 2, 2) });
    second.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 2, 3) });
    expect(bed.events.heard).toEqual([
      "accepted 2,3,4",
      "settled completed 2",
      "settled failed 3",
      "settled completed 4",
    ]);
    expect(bed.core.stats()).toMatchObject([{ violations: 0 }, { violations: 0, unsettled: 0 }]);
  });

  test("and comes back does not end what another one may have had run by now: who cancels hears of that one's end", () => {
    const { bed, first, second } = accepted();
    first.isAlive = false;
    bed.advance(400);
    second.say({ verb: "ACCEPTED", ids: ids("sink", 2, 2) });
    first.isAlive = true;
    bed.advance(400);
    bed.events.heard.length = 0;
    first.say({ verb: "SETTLED", outcome: "cancelled", ids: ids("sink", 2) });
    first.say({ verb: "SETTLED", outcome: "expired", ids: ids("sink", 3, 2) });
    expect(bed.events.heard).toEqual([]);
    second.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 2) });
    second.say({ verb: "SETTLED", outcome: "cancelled", ids: ids("sink", 3) });
    expect(bed.events.heard).toEqual(["settled completed 2", "settled cancelled 3"]);
  });

  test("and comes back is told that an answer of its own has arrived, and the other one of its", () => {
    const { bed, first, second } = accepted();
    bed.events.onAnswer = (told) => bed.core.answered(told);
    first.isAlive = false;
    bed.advance(400);
    second.heard();
    first.isAlive = true;
    bed.advance(400);
    first.heard();
    const answer = { verb: "ANSWER", outcome: "completed", ids: ids("answer", 1) } as const;
    second.say({ ...answer, values: encodeValues([1]) });
    first.say({ ...answer, values: encodeValues([1]) });
    expect([first.heard(), second.heard()]).toEqual([["ANSWERED 1"], ["ANSWERED 1"]]);
  });

  test("takes a cancellation along, behind its task", () => {
    const { bed, first, second, sink } = accepted();
    bed.core.cancel(ids("sink", 3));
    bed.settle();
    first.isAlive = false;
    bed.advance(400);
    bed.core.cancel(ids("sink", 4));
    bed.settle();
    expect(second.heard()).toEqual([
      `SUBMIT sink 2,3,4 for ${sink} again`,
      "SUBMIT answer 1,2 again",
      "CANCEL 3",
      "CANCEL 4",
    ]);
  });

  test("and was asked to cancel an answered task leaves it unknown what has become of it", () => {
    const { bed, first } = accepted();
    bed.core.cancel(ids("answer", 2));
    first.isAlive = false;
    bed.advance(400);
    expect(bed.events.heard).toEqual(["rejected TQ_ERR_UNKNOWN_OUTCOME 2"]);
  });

  test("keeps its tasks while nobody else is there, and gives them to whoever comes first", () => {
    const { bed, first, second } = accepted();
    first.isAlive = false;
    second.isAlive = false;
    bed.advance(500);
    expect(bed.reported()).not.toContain("tasks.handed-on");
    second.isAlive = true;
    bed.advance(400);
    second.grant(100);
    expect(second.heard("SUBMIT")).toHaveLength(2);
  });

  test("and is back before anybody noticed, as another start, keeps them", () => {
    const { bed, first, second, sink } = accepted();
    first.restart();
    bed.advance(250);
    first.grant(100);
    expect(second.heard()).toEqual([]);
    first.say({ verb: "RECLAIMED", ended: none, unknown: ids("sink", 2, 3) });
    expect(first.heard()).toEqual([
      "RECLAIM 2,3,4",
      "SUBMIT answer 1,2",
      `SUBMIT sink 2,3,4 for ${sink} again`,
    ]);
  });
});

describe("a ventilator that refuses what another one would take", () => {
  const refusal = { verb: "REJECTED", code: "TQ_ERR_CLOSED", message: "draining" } as const;

  test("is spared for a while, and nobody else is told", () => {
    const { bed, first, second } = pair();
    bed.submit("sink", 2);
    first.say({ ...refusal, ids: ids("sink", 1, 2) });
    expect(second.heard()).toEqual(["SUBMIT sink 1,2 again"]);
    expect(bed.events.heard).toEqual([]);
    expect(bed.events.credits[0]).toEqual([0, 0]);
    bed.advance(1_000);
    expect(bed.events.credits[0]?.[0]).toBe(98);
  });

  test("is believed where it is the only one", () => {
    const { bed, first, second } = pair();
    second.isAlive = false;
    bed.advance(400);
    bed.submit("sink", 2);
    first.say({ ...refusal, ids: ids("sink", 1, 2) });
    expect(bed.events.heard).toEqual(["rejected TQ_ERR_CLOSED 1,2"]);
    expect(bed.events.credits[0]?.[0]).toBe(98);
    expect(bed.core.stats()[0]).toMatchObject({ unaccepted: 0 });
  });

  test("is asked again and again for what somebody had accepted", () => {
    const { bed, first, second, sink } = accepted();
    first.isAlive = false;
    bed.advance(400);
    second.heard();
    second.say({ ...refusal, ids: ids("sink", 2, 3) });
    expect(second.heard()).toEqual([]);
    bed.advance(1_000);
    expect(second.heard()).toEqual([`SUBMIT sink 2,3,4 for ${sink} again`]);
    expect(bed.events.heard).toEqual([]);
    first.isAlive = true;
    bed.advance(400);
    first.grant(100);
    first.heard();
    second.say({ ...refusal, code: "TQ_ERR_STORAGE_FULL", ids: ids("sink", 2, 3) });
    expect(first.heard()).toEqual([`SUBMIT sink 2,3,4 for ${sink} again`]);
  });

  test("is asked again and again for what another one may have accepted before it was gone", () => {
    const { bed, first, second } = pair();
    bed.submit("sink", 2);
    first.isAlive = false;
    bed.advance(400);
    second.heard();
    second.say({ ...refusal, code: "TQ_ERR_STORAGE_FULL", ids: ids("sink", 1, 2) });
    expect(bed.events.heard).toEqual([]);
    bed.advance(1_000);
    expect(second.heard()).toEqual(["SUBMIT sink 1,2 again"]);
  });

  test("is believed if all have refused", () => {
    const { bed, first, second } = pair();
    bed.submit("sink", 2);
    first.say({ ...refusal, ids: ids("sink", 1, 2) });
    second.say({ ...refusal, ids: ids("sink", 1, 2) });
    expect(bed.events.heard).toEqual(["rejected TQ_ERR_CLOSED 1,2"]);
  });

  test("after its tasks were taken from it has no say in them", () => {
    const { bed, first, second } = accepted();
    first.isAlive = false;
    bed.advance(400);
    first.isAlive = true;
    bed.advance(400);
    first.say({ ...refusal, ids: ids("sink", 2) });
    expect(bed.events.heard).toEqual([]);
    expect(bed.core.stats()[1]).toMatchObject({ unaccepted: 3 });
    expect(second.heard("SUBMIT")).toHaveLength(2);
  });
});

test("whoever waits is told only when no ventilator is left; of pushed tasks at once", () => {
  const { bed, first, second } = pair();
  bed.submit("push", 1);
  bed.submit("sink", 1);
  first.isAlive = false;
  bed.advance(1_500);
  expect(bed.events.heard).toEqual(["rejected TQ_ERR_UNKNOWN_OUTCOME 1"]);
  expect(second.heard()).toEqual(["SUBMIT sink 1 again"]);
  second.isAlive = false;
  bed.advance(1_500);
  expect(bed.events.heard.slice(1)).toEqual([
    "unreachable 0 TQ_ERR_UNREACHABLE",
    "unreachable 1 TQ_ERR_UNREACHABLE",
  ]);
});

test("payloads are kept until tasks are settled; credit ends where more would be than may be", () => {
  const { bed, first } = pair({ keptBytesMax: 100 });
  const payload = new Uint8Array(56);
  bed.submit("sink", 1, { batch: { values: encodeValues([payload]) } });
  expect(bed.core.keptBytes).toBe(60);
  expect(bed.events.credits).toEqual([
    [99, 40],
    [100, 40],
  ]);
  bed.submit("sink", 1, { owner: 1, batch: { values: encodeValues([payload]) } });
  bed.submit("answer", 1);
  expect(bed.events.credits).toEqual([
    [0, 0],
    [0, 0],
  ]);
  first.say({ verb: "ACCEPTED", ids: ids("sink", 1) });
  expect(bed.events.credits[0]).toEqual([0, 0]);
  first.say({ verb: "SETTLED", outcome: "completed", ids: ids("sink", 1) });
  expect([bed.core.keptBytes, bed.events.credits[1]]).toEqual([60, [99, 40]]);
});

test("goodbye is said for an origin only if no other ventilator has tasks of it", () => {
  const { bed, first, second } = accepted();
  first.isAlive = false;
  bed.advance(400);
  first.isAlive = true;
  bed.advance(400);
  bed.core.close("closed");
  bed.settle();
  expect([first.isLeft, second.isLeft]).toEqual([false, true]);
});

describe("the sink of a batch", () => {
  test("is one of those that are there, the same for a block of seqs; a batch is cut where a block ends", () => {
    const { bed, first } = pair();
    first.say({ verb: "SINKS", here: ["s2"], away: ["s1"] });
    const from = sinkBlockSeqs - 2;
    bed.submit("sink", 4, { batch: { ids: idRun(originsOf(0).sink, from, 4) } });
    first.say({ verb: "SINKS", here: [], away: ["s1", "s2"] });
    bed.submit("sink", 1, { batch: { ids: idRun(originsOf(0).sink, from + 4, 1) } });
    bed.submit("answer", 1);
    expect(first.heard()).toEqual([
      `SUBMIT sink ${from},${from + 1} for s2`,
      `SUBMIT sink ${from + 2},${from + 3} for s2`,
      `SUBMIT sink ${from + 4}`,
      "SUBMIT answer 1",
    ]);
  });

  test("is not said any more once the ventilator may have chosen another one", () => {
    const { bed, first, second } = pair({ sinkGraceMs: 1_000 });
    first.say({ verb: "SINKS", here: ["s1"], away: [] });
    bed.submit("sink", 1);
    first.say({ verb: "SINKS", here: [], away: ["s1"] });
    bed.advance(700);
    first.say({ verb: "SINKS", here: ["s1"], away: [] });
    bed.advance(300);
    first.say({ verb: "SINKS", here: [], away: ["s1"] });
    bed.advance(700);
    bed.submit("sink", 1);
    bed.advance(150);
    first.say({ verb: "SINKS", here: ["s1"], away: [] });
    bed.submit("sink", 1);
    first.isAlive = false;
    bed.advance(400);
    expect(second.heard()).toEqual([
      "SUBMIT sink 1 again",
      "SUBMIT sink 2 again",
      "SUBMIT sink 3 for s1 again",
    ]);
  });
});
