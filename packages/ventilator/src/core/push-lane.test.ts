import { decodeValues, type Push } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import {
  beatMs,
  missing,
  pushOrigin,
  seqsIn,
  submit,
  tally,
  tallyAll,
  tasksIn,
  worker,
} from "./push-lane.test-support.ts";
import { seqsOf, TestBed } from "./ventilator-core.test-support.ts";

describe("pushed tasks", () => {
  test("are refused where there is no push lane, here or at any sink, and say what would be right", () => {
    const without = new TestBed();
    submit(without, [1, 2]);
    const half = new TestBed({ push: "here" });
    submit(half, [1, 2]);
    const none = new TestBed({ push: "here", sinks: [] });
    submit(none, [1, 2]);
    expect([without, half, none].map(({ owner }) => owner.heard)).toEqual([
      ["rejected TQ_ERR_NO_PUSH_LANE 1,2"],
      ["rejected TQ_ERR_NO_PUSH_LANE 1,2"],
      ["rejected TQ_ERR_NO_SINK 1,2"],
    ]);
  });

  test("once refused are followed by none of their origin, and what was accepted before stays so", () => {
    const bed = new TestBed({ push: "both ends" });
    submit(bed, [1, 3]);
    const { sinkPush } = bed;
    bed.sinkPush = undefined;
    bed.sink.restart(bed.now);
    bed.pass(10 * beatMs);
    submit(bed, [1, 3]);
    submit(bed, [4, 2]);
    bed.sinkPush = sinkPush;
    bed.sink.restart(bed.now);
    bed.pass(10 * beatMs);
    submit(bed, [6, 1]);
    submit(bed, [1, 1], { origin: "00000000000000c2" });
    expect(bed.owner.heard).toEqual([
      "accepted 1,2,3",
      "accepted 1,2,3",
      "rejected TQ_ERR_NO_PUSH_LANE 4,5",
      "rejected TQ_ERR_NO_PUSH_LANE 6",
      "accepted 1",
    ]);
  });

  test("wait for a worker that takes them, which is said, and go out in order with all they need", () => {
    const bed = new TestBed({ push: "both ends" });
    submit(bed, [1, 3]);
    bed.worker("credit only");
    bed.pass(1_100);
    expect(bed.pushed).toEqual([]);
    expect(bed.owner.heard).toEqual(["accepted 1,2,3"]);
    expect(bed.eventsOf("tasks.unroutable")).toMatchObject([{ task: "work", waiting: 3 }]);
    expect(bed.core.stats()).toMatchObject({
      unsettled: 3,
      unroutable: [{ task: "work", waiting: 3 }],
      push: { queued: 3, sent: 0, workers: 0 },
    });

    worker(bed, "w", { slots: 5 });
    expect(bed.pushed).toMatchObject([
      {
        bootId: "00000000000000e0",
        epoch: 7,
        definition: { name: "work" },
        sink: "memory:sink",
        ids: { origins: [pushOrigin], runs: [0, 1, 3] },
      },
    ]);
    expect(decodeValues((bed.pushed[0] as Push).values)).toEqual([1, 2, 3]);
    expect(bed.core.stats()).toMatchObject({
      unsettled: 0,
      unroutable: [],
      push: { queued: 0, inFlight: 3 },
    });
  });

  test("are accepted once, and refused if they come out of order or under another definition", () => {
    const bed = new TestBed({ push: "both ends" });
    submit(bed, [1, 3]);
    submit(bed, [1, 3]);
    submit(bed, [5, 1]);
    submit(bed, [4, 1]);
    submit(bed, [3, 4]);
    submit(bed, [6, 1], { name: "other" });
    expect(bed.owner.heard).toEqual([
      "accepted 1,2,3",
      "accepted 1,2,3",
      "accepted 5",
      "rejected TQ_ERR_PROTOCOL 4",
      "rejected TQ_ERR_PROTOCOL 3,4,5,6",
      "rejected TQ_ERR_PROTOCOL 6",
    ]);
  });

  test("of one definition do not hold up those of another, nor do those of an origin that nobody runs", () => {
    const bed = new TestBed({ push: "both ends" });
    worker(bed, "w");
    submit(bed, [1, 9], { origin: "00000000000000c2", name: "nobody runs this" });
    submit(bed, [1, 2]);
    expect(bed.pushed.map(({ definition, ids }) => `${definition.name} ${seqsOf(ids)}`)).toEqual([
      "work 1",
      "work 2",
    ]);
  });

  test("are put into the pipe only while that takes them, and go on when it does", () => {
    const bed = new TestBed({ push: "both ends" });
    worker(bed, "w", { slots: 50 });
    bed.isPipeWritable = false;
    submit(bed, [1, 3]);
    expect(bed.pushed).toEqual([]);
    bed.isPipeWritable = true;
    bed.core.drained(bed.now);
    bed.settle();
    expect(seqsIn(bed.pushed)).toBe("1,2,3");
  });

  test("are accepted only as fast as they leave, once many wait", () => {
    const bed = new TestBed({ push: "both ends", limits: { pushAheadTasksMax: 5 } });
    for (const first of [1, 4, 7, 10]) submit(bed, [first, 3]);
    expect(bed.owner.heard).toEqual(["accepted 1,2,3", "accepted 4,5,6"]);
    const w = worker(bed, "w", { slots: 3 });
    expect(bed.owner.heard.slice(2)).toEqual(["accepted 7,8,9,10,11,12"]);
    expect(tallyAll(bed, w)).toBe(12);
    expect(bed.owner.heard).toHaveLength(3);
  });

  test("of small batches share a message, and large batches are cut", () => {
    const bed = new TestBed({ push: "both ends", limits: { pushTasksPerMessageMax: 100 } });
    bed.isPipeWritable = false;
    worker(bed, "w", { slots: 500 });
    for (const first of [1, 2, 3]) submit(bed, [first, 1]);
    submit(bed, [4, 250]);
    bed.isPipeWritable = true;
    bed.core.drained(bed.now);
    bed.settle();
    expect(bed.pushed.map(({ ids, values }) => [ids.runs, values.lengths.length])).toEqual([
      [[0, 1, 3], 3],
      [[0, 4, 100], 100],
      [[0, 104, 100], 100],
      [[0, 204, 50], 50],
    ]);
    expect(bed.pushed.flatMap(({ values }) => decodeValues(values))).toEqual(
      Array.from({ length: 253 }, (_, index) => index + 1),
    );
  });
});

describe("the window of pushed tasks", () => {
  test("lets two per slot out, and the next ones as those are settled: a worker that joins later gets its share", () => {
    const bed = new TestBed({ push: "both ends" });
    const first = worker(bed, "first", { slots: 2 });
    submit(bed, [1, 100]);
    expect(tasksIn(bed.pushed)).toBe(4);
    tally(bed, first, [4, 1]);
    expect(tasksIn(bed.pushed)).toBe(5);

    const before = tasksIn(bed.pushed);
    worker(bed, "second", { slots: 2 });
    const since = bed.pushed.slice(-2);
    expect(tasksIn(bed.pushed) - before).toBe(4);
    // As many messages as readers: each gets as much.
    expect(since.map(({ values }) => values.lengths.length)).toEqual([2, 2]);
  });

  test("doubles when it was used up and workers have nothing left, so that fast tasks are not held up by it", () => {
    const bed = new TestBed({ push: "both ends" });
    const only = worker(bed, "only");
    submit(bed, [1, 1_000]);
    const sizes: number[] = [];
    for (let round = 0; round < 6; round++) {
      const sent = tasksIn(bed.pushed);
      sizes.push(sent);
      tally(bed, only, [sent, sent]);
    }
    expect(sizes).toEqual([2, 6, 14, 30, 62, 126]);
  });

  test("grows while a worker has a free slot, though others have more than they run", () => {
    const bed = new TestBed({ push: "both ends" });
    const full = worker(bed, "full", { slots: 2 });
    submit(bed, [1, 100]);
    const other = worker(bed, "other", { slots: 2 });
    expect(tasksIn(bed.pushed)).toBe(8);
    tally(bed, full, [7, 0]);
    expect(tasksIn(bed.pushed)).toBe(8);
    tally(bed, other, [1, 0]);
    expect(tasksIn(bed.pushed), "the rest may be on its way").toBe(8);
    bed.pass(100);
    tally(bed, other, [1, 0]);
    expect(tasksIn(bed.pushed)).toBe(10);
    bed.pass(100);
    tally(bed, other, [2, 0]);
    expect(tasksIn(bed.pushed)).toBe(10);
  });

  test("is opened again by what a dead worker had", () => {
    const bed = new TestBed({ push: "both ends" });
    const dying = worker(bed, "dying");
    submit(bed, [1, 100]);
    tally(bed, dying, [2, 0]);
    worker(bed, "living");
    expect(tasksIn(bed.pushed)).toBe(4);
    dying.isAlive = false;
    bed.pass(4 * beatMs);
    expect(bed.core.stats().push).toMatchObject({ workers: 1, inFlight: 4, sent: 6 });
  });
});

describe("the sink", () => {
  test("is told how far was sent, asked for the last word when nothing is under way, and not twice", () => {
    const bed = new TestBed({ push: "both ends" });
    const w = worker(bed, "w", { slots: 5 });
    submit(bed, [1, 3]);
    expect(bed.sink.told).toMatchObject([{ verb: "SENT", origins: [pushOrigin], through: [3] }]);
    tally(bed, w, [3, 2]);
    bed.pass(beatMs);
    expect(bed.sink.told).toHaveLength(1);
    tally(bed, w, [3, 3]);
    bed.pass(beatMs);
    expect(bed.sink.told.slice(1)).toMatchObject([{ verb: "SENT", through: [3], idle: true }]);
    expect(bed.core.isIdle).toBe(false);
    missing(bed, 3, 0);
    expect(bed.core.isIdle).toBe(true);
    bed.pass(10 * beatMs);
    expect(bed.sink.told).toHaveLength(2);
    expect(bed.eventsOf("push.missing")).toEqual([]);
  });

  test("says how many never came: counted, told, and taken back where some come late", () => {
    const bed = new TestBed({ push: "both ends" });
    const w = worker(bed, "w", { slots: 5 });
    submit(bed, [1, 9]);
    tally(bed, w, [9, 9]);
    bed.pass(beatMs);
    missing(bed, 9, 4);
    missing(bed, 9, 1);
    expect(bed.eventsOf("push.missing")).toMatchObject([
      { task: "work", origin: pushOrigin, through: 9, missing: 4, change: 4 },
      { through: 9, missing: 1, change: -3 },
    ]);
    expect(bed.core.stats().push).toMatchObject({ sent: 9, missing: 1, unheard: 0 });
  });

  test("is asked although a worker took tasks along, once nobody has anything left for two heartbeats", () => {
    const bed = new TestBed({ push: "both ends" });
    const dying = worker(bed, "dying", { slots: 5 });
    const living = worker(bed, "living", { slots: 5 });
    submit(bed, [1, 10]);
    tally(bed, dying, [2, 0]);
    tally(bed, living, [5, 5]);
    dying.isAlive = false;
    // Three tasks lay in the pipe of the dead one: nobody has read them.
    for (let beat = 0; beat < 4; beat++) {
      bed.pass(beatMs);
      tally(bed, living, [5, 5]);
      expect(bed.sink.told.some((said) => said.verb === "SENT" && said.idle === true)).toBe(false);
    }
    for (let beat = 0; beat < 3; beat++) {
      bed.pass(beatMs);
      tally(bed, living, [5, 5]);
    }
    expect(bed.sink.told.at(-1)).toMatchObject({ verb: "SENT", through: [10], idle: true });
    expect(bed.core.stats().push).toMatchObject({ inFlight: 0 });
  });

  test("is waited for while a worker is silent, alive or not: nobody knows what it has", () => {
    const bed = new TestBed({ push: "both ends" });
    const w = worker(bed, "w", { slots: 5 });
    submit(bed, [1, 10]);
    tally(bed, w, [5, 5]);
    // It heartbeats, and says nothing of tasks.
    bed.pass(20 * beatMs);
    expect(bed.sink.told.some((said) => said.verb === "SENT" && said.idle === true)).toBe(false);
  });

  test("is told again in a fresh session, until it has answered", () => {
    const bed = new TestBed({ push: "both ends" });
    const w = worker(bed, "w", { slots: 5 });
    submit(bed, [1, 3]);
    tally(bed, w, [3, 3]);
    bed.pass(beatMs);
    const before = bed.sink.told.length;
    bed.sink.restart(bed.now);
    bed.pass(10 * beatMs);
    expect(bed.sink.told.slice(before)).toMatchObject([{ verb: "SENT", through: [3], idle: true }]);
    expect(bed.eventsOf("push.in-doubt")).toEqual([]);
  });

  test("that comes back without the push lane is named once, with how much waits, and gets all when it has it again", () => {
    const bed = new TestBed({ push: "both ends" });
    const w = worker(bed, "w", { slots: 5 });
    submit(bed, [1, 2]);
    const { sinkPush } = bed;
    bed.sinkPush = undefined;
    bed.isSinkAway = true;
    bed.sink.restart(bed.now);
    bed.pass(10 * beatMs);
    submit(bed, [3, 4]);
    tally(bed, w, [2, 0]);
    expect(bed.eventsOf("push.held")).toEqual([]);
    bed.isSinkAway = false;
    bed.pass(20 * beatMs);
    expect(bed.eventsOf("push.held")).toEqual([
      { type: "push.held", task: "work", contract: undefined, endpoint: "memory:sink", tasks: 6 },
    ]);
    expect(bed.core.stats().push).toMatchObject({ queued: 4, held: 6 });

    bed.sinkPush = sinkPush;
    bed.sink.restart(bed.now);
    bed.pass(10 * beatMs);
    expect(seqsIn(bed.pushed)).toBe("1,2 3,4,5,6");
    expect(bed.core.stats().push).toMatchObject({ queued: 0, held: 0 });
    bed.sinkPush = undefined;
    bed.sink.restart(bed.now);
    bed.pass(10 * beatMs);
    expect(bed.eventsOf("push.held")).toHaveLength(2);
  });

  test("that turns out to have no push lane is said to hold what was accepted before it came", () => {
    const bed = new TestBed({ push: "here", isSinkAway: true });
    submit(bed, [1, 3]);
    bed.pass(10 * beatMs);
    expect(bed.eventsOf("push.held")).toEqual([]);
    bed.isSinkAway = false;
    bed.pass(20 * beatMs);
    expect(bed.owner.heard).toEqual(["accepted 1,2,3"]);
    expect(bed.eventsOf("push.held")).toMatchObject([{ endpoint: undefined, tasks: 3 }]);
  });

  test("is told from where to count, in each session, where an earlier start had the tasks before", () => {
    const bed = new TestBed({ push: "both ends" });
    const w = worker(bed, "w", { slots: 5 });
    submit(bed, [101, 2]);
    const mark = { verb: "LOWMARK", origins: [pushOrigin], below: [101] };
    expect(bed.sink.told).toMatchObject([mark, { verb: "SENT", through: [102] }]);
    tally(bed, w, [2, 2]);
    bed.pass(beatMs);
    expect(bed.sink.told.slice(2)).toMatchObject([{ verb: "SENT", idle: true }]);
    bed.sink.restart(bed.now);
    bed.pass(10 * beatMs);
    expect(bed.sink.told.slice(3)).toMatchObject([mark, { verb: "SENT", through: [102], idle: true }]);
  });

  test("gets nothing while it is away, and all that waits when it is back", () => {
    const bed = new TestBed({ push: "both ends" });
    worker(bed, "w", { slots: 5 });
    submit(bed, [1, 1]);
    bed.isSinkAway = true;
    bed.sink.restart(bed.now);
    bed.pass(10 * beatMs);
    submit(bed, [2, 2]);
    expect(seqsIn(bed.pushed)).toBe("1");
    bed.isSinkAway = false;
    bed.pass(10 * beatMs);
    expect(seqsIn(bed.pushed)).toBe("1 2,3");
  });

  test("that was started anew is told from where to count, once nothing is under way; what it may have had is in doubt", () => {
    const bed = new TestBed({ push: "both ends" });
    const w = worker(bed, "w", { slots: 5 });
    submit(bed, [1, 2]);
    tally(bed, w, [2, 2]);
    bed.pass(beatMs);
    missing(bed, 2, 1);
    submit(bed, [3, 4]);
    tally(bed, w, [6, 3]);
    bed.sink.restart(bed.now);
    bed.sinkBootId = "00000000000000f1";
    bed.pass(10 * beatMs);
    const before = bed.sink.told.length;
    submit(bed, [7, 1]);
    expect(seqsIn(bed.pushed)).toBe("1,2 3,4,5,6");

    tally(bed, w, [6, 6]);
    bed.pass(beatMs);
    expect(seqsIn(bed.pushed)).toBe("1,2 3,4,5,6 7");
    expect(bed.sink.told.slice(before)).toMatchObject([
      { verb: "LOWMARK", origins: [pushOrigin], below: [7] },
      { verb: "SENT", through: [7] },
    ]);
    expect(bed.eventsOf("push.in-doubt")).toMatchObject([{ from: 3, through: 6, tasks: 4 }]);
    tally(bed, w, [7, 7]);
    bed.pass(beatMs);
    missing(bed, 7, 0);
    expect(bed.core.stats().push).toMatchObject({ missing: 1, inDoubt: 4, unheard: 0 });
    expect(bed.core.isIdle).toBe(true);
  });
});
