import { idRun } from "@tq/common/protocol";
import { describe, expect, test } from "vitest";
import { graceMs, origin, sinkIds, TwoSinks } from "./two-sinks.test-support.ts";

const [first = "", second = ""] = sinkIds;

/** Cancelling ends tasks that nobody has run, with a proposal to their sink. */
const started = () => {
  const bed = new TwoSinks();
  const producer = bed.producer();
  const [gone, other] = bed.sinks;
  if (gone === undefined || other === undefined) throw new Error("there are two");
  return { bed, producer, gone, other };
};

test("a producer is told which sinks are there, first of all and whenever that changes", () => {
  const { bed, producer, gone } = started();
  expect(producer.heard()).toMatchObject([{ verb: "SINKS", here: sinkIds, away: [] }]);
  gone.isThere = false;
  bed.pass(400);
  expect(producer.heard()).toMatchObject([{ verb: "SINKS", here: [second], away: [first] }]);
  gone.isThere = true;
  bed.pass(400);
  expect(producer.heard()).toMatchObject([{ verb: "SINKS", here: sinkIds, away: [] }]);
});

describe("tasks for a sink", () => {
  test("go to the one that their producer has chosen", () => {
    const { producer, gone, other } = started();
    producer.submit(1, 2, { sink: first });
    producer.submit(3, 2, { sink: second });
    producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 4) });
    expect([gone.proposed, other.proposed]).toEqual([["1,2"], ["3,4"]]);
  });

  test("move away from a lost sink after its grace, and are in doubt if they may be there", () => {
    const { bed, producer, gone, other } = started();
    producer.submit(1, 4, { sink: first });
    producer.submit(5, 2, { sink: second });
    producer.say({ verb: "CANCEL", ids: idRun(origin, 2, 2) });
    gone.isThere = false;
    bed.pass(graceMs);
    expect(other.proposed).toEqual([]);
    bed.pass(400);
    expect(other.proposed).toEqual(["2,3"]);
    expect(bed.eventsOf("sink.moved")).toMatchObject([{ endpoint: first, tasks: 4, inDoubt: 2 }]);
    expect(bed.eventsOf("tasks.in-doubt")).toMatchObject([
      {
        tasks: 2,
        ids: [{ origin, first: 2, last: 3, sink: first }],
      },
    ]);
    expect(bed.core.stats().movedInDoubt).toBe(2);
    expect(bed.core.doubts.list()).toMatchObject([{ origin, first: 2, count: 2, sink: first }]);
  });

  test("are all in doubt when they move while their producer is away: it may have handed them on", () => {
    const { bed, producer, gone } = started();
    producer.submit(1, 3, { sink: first });
    gone.isThere = false;
    producer.isThere = false;
    bed.pass(graceMs + 400);
    expect(bed.eventsOf("tasks.in-doubt")).toMatchObject([{ tasks: 3 }]);
  });

  test("that was never there, or has moved already, are given to another one", () => {
    const { bed, producer, gone, other } = started();
    gone.isThere = false;
    bed.pass(graceMs + 400);
    producer.submit(1, 1, { sink: first });
    producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 1) });
    expect(other.proposed).toEqual(["1"]);
    expect(bed.core.doubts.total).toBe(0);
  });
});

describe("tasks that are handed on", () => {
  test("wait for the sink that they were for, though others are there", () => {
    const { bed, producer, gone, other } = started();
    gone.isThere = false;
    bed.pass(400);
    producer.submit(1, 2, { sink: first, handedOn: true });
    producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 2) });
    bed.pass(200);
    gone.isThere = true;
    bed.pass(400);
    expect([gone.proposed, other.proposed]).toEqual([["1,2"], []]);
    expect(bed.core.doubts.total).toBe(0);
  });

  test("are in doubt when they come without a sink that is known here", () => {
    const { bed, producer } = started();
    producer.submit(1, 2, { handedOn: true });
    producer.submit(3, 1, { sink: "tcp://elsewhere:1", handedOn: true });
    producer.submit(4, 1, { sink: "tcp://elsewhere:1" });
    producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 4) });
    expect(bed.core.doubts.list()).toMatchObject([
      { first: 1, count: 2, sink: undefined },
      { first: 3, count: 1, sink: "tcp://elsewhere:1" },
    ]);
  });

  test("are in doubt at the only sink there is, if they come for another one", () => {
    const bed = new TwoSinks({ sinks: [second] });
    const producer = bed.producer();
    producer.submit(1, 2, { handedOn: true });
    producer.submit(3, 1, { sink: second, handedOn: true });
    producer.submit(4, 1, { sink: first, handedOn: true });
    producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 4) });
    expect(bed.core.doubts.list()).toMatchObject([{ first: 4, count: 1, sink: first }]);
  });

  test("keep sinks from being told what to forget of their origin: another ventilator may have more of it", () => {
    const told = [true, undefined].map((handedOn) => {
      const { bed, producer, gone, other } = started();
      producer.submit(1, 1, { sink: first });
      producer.submit(1, 1, { sink: first, handedOn });
      producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 1) });
      gone.session?.send(bed.now, { verb: "COMMITTED", outcome: "cancelled", ids: idRun(origin, 1, 1) });
      bed.pass(2_100);
      producer.leave();
      bed.pass(200);
      return [...gone.told, ...other.told].sort();
    });
    expect(told).toEqual([[], ["CLOSED", "CLOSED", "LOWMARK", "LOWMARK"]]);
  });
});

test("sinks are not told to forget what a producer may not know to be over: it may hand that on", () => {
  const { bed, producer, gone } = started();
  const marks = () => gone.told.filter((verb) => verb === "LOWMARK").length;
  producer.submit(1, 1, { sink: first });
  producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 1) });
  producer.isThere = false;
  gone.session?.send(bed.now, { verb: "COMMITTED", outcome: "cancelled", ids: idRun(origin, 1, 1) });
  bed.pass(1_500);
  expect(marks()).toBe(0);
  bed.pass(5_000);
  expect(marks()).toBe(0);
  producer.isThere = true;
  bed.pass(5_000);
  expect(marks()).toBe(1);
});

describe("a producer that asks what has become of its tasks", () => {
  test("is told of those that are over or unknown, and from then on of the others", () => {
    const { bed, producer, gone } = started();
    producer.submit(1, 3, { sink: first });
    producer.say({ verb: "CANCEL", ids: idRun(origin, 1, 1) });
    gone.session?.send(bed.now, { verb: "COMMITTED", outcome: "cancelled", ids: idRun(origin, 1, 1) });
    bed.pass(50);
    producer.isThere = false;
    const again = bed.producer("again");
    again.heard();
    again.say({ verb: "RECLAIM", ids: idRun(origin, 1, 5) });
    expect(again.heard()).toMatchObject([
      { verb: "RECLAIMED", ended: idRun(origin, 1, 1), unknown: idRun(origin, 4, 2) },
    ]);
    again.say({ verb: "CANCEL", ids: idRun(origin, 2, 2) });
    expect(again.heard()).toMatchObject([{ verb: "SETTLED", ids: idRun(origin, 2, 2) }]);
  });

  test("under another boot id owns what it submits again", () => {
    const { bed, producer } = started();
    producer.submit(1, 2, { sink: first });
    producer.isThere = false;
    const again = bed.producer("again");
    again.submit(1, 2, { sink: first });
    again.heard();
    again.say({ verb: "CANCEL", ids: idRun(origin, 1, 2) });
    expect(again.heard()).toMatchObject([{ verb: "SETTLED", ids: idRun(origin, 1, 2) }]);
  });
});
