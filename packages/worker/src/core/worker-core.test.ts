import { toRemoteError } from "@tq/common/contract";
import { decodeValue, decodeValues, type Tasks } from "@tq/common/wire";
import { describe, expect, it } from "vitest";
import { coreLimits } from "./limits.ts";

import { ids, only, openWorld, origin, seqsOf, startedWorld, take } from "./worker-core.test-support.ts";

describe("a task on its way", () => {
  it("runs, offers its result to the sink, and is DONE once that is committed", () => {
    const world = openWorld();
    world.ventilator.lease(ids(1, 2), { attempts: { at: [1], values: [4] } });
    world.settle();
    const started = world.start();
    expect(started.map(({ seq, attempt, origin: of }) => [of, seq, attempt])).toEqual([
      [origin, 1, 1],
      [origin, 2, 4],
    ]);
    expect(started.map(({ slab, from, to }) => decodeValue(slab.subarray(from, to)))).toEqual([0, 1]);
    for (const each of started) world.core.completed(each, { squared: each.seq ** 2 }, 12.6);
    world.settle();

    const results = only(world.sink.take(), "RESULTS");
    expect(results).toMatchObject([
      { epoch: 1, definition: 0, ids: ids(1, 2), attempts: { at: [1], values: [4] }, durationsUs: [13, 13] },
    ]);
    expect(results.map(({ values }) => decodeValues(values))).toEqual([[{ squared: 1 }, { squared: 4 }]]);
    expect(world.ventilator.take()).toEqual([]);

    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 2) });
    world.settle();
    expect(world.ventilator.take()).toMatchObject([
      { verb: "DONE", epoch: 1, outcome: "completed", ids: ids(1, 2) },
    ]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("says DONE with the outcome that stands, whatever its own was", () => {
    const world = openWorld();
    world.ventilator.lease(ids(1, 1));
    world.settle();
    world.runAll();
    world.sink.send({ verb: "COMMITTED", outcome: "cancelled", ids: ids(1, 1) });
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "DONE", outcome: "cancelled" }]);
  });

  it("carries the caller's traceparent and timeout to the handler, and the traceparent to the sink", () => {
    const world = openWorld();
    const traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
    const options = { traceparent: { at: [1], values: [traceparent] }, timeoutMs: { at: [0], values: [77] } };
    world.ventilator.lease(ids(1, 2), { options });
    world.settle();
    const started = world.start();
    expect(started.map((each) => each.traceparent)).toEqual([undefined, traceparent]);
    expect(started.map((each) => each.timeoutMs)).toEqual([77, 900_000]);
    for (const each of started) world.core.completed(each, null, 0);
    world.settle();
    const results = only(world.sink.take(), "RESULTS");
    expect(results).toMatchObject([{ traceparent: { at: [1], values: [traceparent] } }]);
  });

  it("sends the results of one turn in one message, also where they settled out of order", () => {
    const world = openWorld({ slots: 3 });
    world.ventilator.lease(ids(1, 3));
    world.settle();
    for (const each of world.start().reverse()) world.core.completed(each, each.seq, 0);
    world.settle();
    const results = only(world.sink.take(), "RESULTS");
    expect(results.map((each) => [seqsOf(each.ids), decodeValues(each.values)])).toEqual([
      [
        [3, 2, 1],
        [3, 2, 1],
      ],
    ]);
  });

  it("fails with its error, finally only where another attempt is useless", () => {
    const world = openWorld();
    world.ventilator.lease(ids(1, 2), { attempts: { at: [0], values: [2] } });
    world.settle();
    const [first, second] = world.start();
    if (first === undefined || second === undefined) throw new Error("both start");
    world.core.failed(first, { error: toRemoteError(new RangeError("too far")), final: false });
    world.core.completed(second, () => "a function", 1);
    world.settle();
    const failed = only(world.ventilator.take(), "FAILED");
    expect(failed).toMatchObject([
      { epoch: 1, ids: ids(1, 2), attempts: { at: [0], values: [2] }, final: { at: [1], values: [true] } },
    ]);
    const errors = failed.flatMap(({ values }) => decodeValues(values));
    expect(errors).toMatchObject([{ message: "too far" }, { code: "TQ_ERR_UNENCODABLE" }]);
    expect(world.sink.take()).toEqual([]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("is not started after its expiry", () => {
    const world = openWorld({ slots: 1 });
    world.ventilator.lease(ids(1, 1), { options: { expiresMs: { at: [0], values: [50] } } });
    world.settle();
    world.now += 50;
    expect(world.start()).toEqual([]);
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "RETURN", ids: ids(1, 1) }]);
  });
});

describe("answered tasks", () => {
  it("go back to the ventilator, which alone commits them, and are not DONE again", () => {
    const world = openWorld();
    world.ventilator.lease(ids(1, 1), { sink: undefined });
    world.settle();
    world.runAll();
    expect(world.ventilator.take()).toMatchObject([{ verb: "RESULTS", ids: ids(1, 1) }]);
    expect(world.sink.take()).toEqual([]);
    expect(world.core.isEmpty).toBe(false);
    world.ventilator.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.settle();
    expect(world.ventilator.take()).toEqual([]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("are dropped with their results when a fresh session does not adopt them, and offered again when it does", () => {
    for (const [isAdopted, verbs] of [
      [true, ["RESULTS"]],
      [false, []],
    ] as const) {
      const world = openWorld();
      world.ventilator.lease(ids(1, 1), { sink: undefined });
      world.settle();
      world.runAll();
      world.ventilator.take();
      if (!isAdopted) world.ventilator.adopts = () => undefined;
      world.ventilator.restart();
      world.advance(1000);
      expect(world.ventilator.takeVerbs()).toEqual(verbs);
      expect(world.core.isEmpty).toBe(!isAdopted);
    }
  });
});

describe("slots and turns", () => {
  it("runs no more at once than there are slots", () => {
    const world = openWorld({ slots: 2 });
    world.ventilator.lease(ids(1, 2));
    world.ventilator.lease(ids(3, 1));
    world.settle();
    const started = world.start();
    expect(started.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(new Set(started.map(({ slot }) => slot)).size).toBe(2);
  });

  it("takes from two ventilators by turns while both have work", () => {
    const world = openWorld({ slots: 8, ventilators: 2 });
    const [first, second] = world.ventilators;
    first?.lease(ids(1, 4));
    second?.lease(ids(101, 2));
    world.settle();
    expect(world.runAll()).toEqual([1, 101, 2, 102, 3, 4]);
  });

  it("takes from the definitions of a ventilator by turns", () => {
    const world = openWorld({ slots: 8, definitions: [{ name: "long" }, { name: "short" }] });
    world.ventilator.lease(ids(1, 3));
    world.ventilator.lease(ids(101, 1), { definition: 1 });
    world.settle();
    expect(world.runAll()).toEqual([1, 101, 2, 3]);
  });
});

describe("taking back", () => {
  it("returns on RECALL what has not started, and only that", () => {
    const { world, started } = startedWorld(3);
    world.ventilator.send({ verb: "RECALL", ids: ids(1, 3) });
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "RETURN", epoch: 1, ids: ids(2, 2) }]);
    world.core.completed(started, 1, 0);
    expect(world.runAll()).toEqual([]);
    expect(only(world.sink.take(), "RESULTS")).toMatchObject([{ ids: ids(1, 1) }]);
  });

  it("drops on CANCEL what waits in silence, and aborts what runs, whose outcome nobody wants", () => {
    const { world, started } = startedWorld(3);
    world.ventilator.send({ verb: "CANCEL", ids: ids(1, 2) });
    world.settle();
    expect(world.aborted).toMatchObject([
      { run: started.run, slot: started.slot, reason: { code: "TQ_ERR_CANCELLED" } },
    ]);
    world.core.completed(started, "unwanted", 0);
    expect(world.runAll()).toEqual([3]);
    expect(only(world.sink.take(), "RESULTS")).toMatchObject([{ ids: ids(3, 1) }]);
    expect(world.ventilator.take()).toEqual([]);
    expect(world.core.stats()).toMatchObject({ lateOutcomes: 1, dropped: 2, completed: 1 });
  });

  it("gives the slot of a handler that does not heed its signal to another after a grace, and says so once", () => {
    const { world } = startedWorld(1);
    world.ventilator.send({ verb: "CANCEL", ids: ids(1, 1) });
    world.settle();
    world.ventilator.lease(ids(2, 1));
    world.settle();
    world.advance(coreLimits.abortGraceMs - 20);
    expect(world.core.hasStartable).toBe(false);
    world.advance(40);
    expect(world.runAll()).toEqual([2]);
    world.advance(coreLimits.abortGraceMs * 2);
    expect(world.events.filter(({ type }) => type === "attempt.unheeded")).toMatchObject([
      { taskId: `${origin}-1`, task: "square", attempt: 1 },
    ]);
  });
});

describe("timeouts", () => {
  it("fail the attempt, abort its signal, and free its slot at once; what comes later is dropped", () => {
    const world = openWorld({ slots: 1, definitions: [{ name: "slow" }] });
    world.ventilator.lease(ids(1, 1), { options: { timeoutMs: { at: [0], values: [300] } } });
    world.settle();
    const started = take(world);
    world.advance(290);
    expect(world.ventilator.take()).toEqual([]);
    world.advance(10);
    const failed = only(world.ventilator.take(), "FAILED");
    expect(failed).toMatchObject([{ ids: ids(1, 1) }]);
    expect(failed[0]?.final).toBeUndefined();
    expect(failed.flatMap(({ values }) => decodeValues(values))).toMatchObject([{ code: "TQ_ERR_TIMEOUT" }]);
    expect(world.aborted).toMatchObject([{ run: started.run, reason: { code: "TQ_ERR_TIMEOUT" } }]);
    world.ventilator.lease(ids(2, 1));
    world.settle();
    expect(world.runAll()).toEqual([2]);
    world.core.completed(started, "late", 0);
    world.settle();
    expect(only(world.sink.take(), "RESULTS")).toMatchObject([{ ids: ids(2, 1) }]);
    expect(world.core.stats()).toMatchObject({ timedOut: 1, lateOutcomes: 1 });
  });
});

describe("what cannot be taken is given back", () => {
  const cases: [string, Partial<Pick<Tasks, "sink" | "definition" | "epoch">>][] = [
    ["an unknown sink", { sink: "nobody" }],
    ["an unknown definition", { definition: 9 }],
    ["another epoch", { epoch: 7 }],
  ];

  it.each(cases)("%s", (_what, options) => {
    const world = openWorld();
    world.ventilator.lease(ids(1, 2), { ...options, attempts: { at: [1], values: [3] } });
    world.settle();
    expect(world.start()).toEqual([]);
    expect(world.ventilator.take()).toMatchObject([
      { verb: "RETURN", epoch: options.epoch ?? 1, ids: ids(1, 2), attempts: { at: [1], values: [3] } },
    ]);
    expect(world.eventTypes()).toContain("peer.violated");
    expect(world.core.isEmpty).toBe(true);
  });

  it("more than was granted, and its credit is not lost", () => {
    const world = openWorld({ slots: 2 });
    world.ventilator.lease(ids(1, 3));
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "RETURN", ids: ids(1, 3) }]);
    expect(world.ventilator.grants.get(0)?.tasks).toBe(5);
    world.ventilator.lease(ids(1, 2));
    world.settle();
    expect(world.runAll()).toEqual([1, 2]);
  });
});
