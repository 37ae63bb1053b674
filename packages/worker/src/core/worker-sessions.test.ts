import { toRemoteError } from "@tq/common/contract";
import { decodeValues } from "@tq/common/wire";
import { describe, expect, it } from "vitest";
import { ids, only, openWorld, seqsOf, startedWorld, take, timing } from "./worker-core.test-support.ts";

describe("what is held", () => {
  it("is all that came and is not settled, also results that wait for their commit", () => {
    const world = openWorld({ slots: 4 });
    world.ventilator.lease(ids(1, 4), { attempts: { at: [2], values: [6] } });
    world.settle();
    const [first, second] = world.start();
    if (first === undefined || second === undefined) throw new Error("both start");
    world.core.completed(first, 1, 0);
    world.core.failed(second, { error: toRemoteError("no"), final: false });
    world.advance(timing.heartbeatMs);
    expect(seqsOf(world.ventilator.held)).toEqual([1, 3, 4]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.advance(timing.heartbeatMs);
    expect(seqsOf(world.ventilator.held)).toEqual([3, 4]);
  });

  it("names the attempts, in HELLO, by their numbers", () => {
    const world = openWorld({ slots: 4 });
    world.ventilator.lease(ids(1, 3), { attempts: { at: [2], values: [6] } });
    world.settle();
    world.ventilator.restart();
    world.advance(1000);
    expect(world.ventilator.hellos.at(-1)?.held).toEqual({
      epoch: 1,
      ids: ids(1, 3),
      attempts: { at: [2], values: [6] },
    });
  });
});

describe("a fresh session with a ventilator", () => {
  /** 1 is computed and offered, 2 runs, 3 waits. */
  const setUp = () => {
    const { world, started } = startedWorld(3);
    world.core.completed(started, "one", 0);
    const running = take(world);
    world.settle();
    world.sink.take();
    return { world, running };
  };

  it("goes on with what is adopted, as if nothing had been", () => {
    const { world, running } = setUp();
    world.ventilator.restart();
    world.advance(1000);
    expect(world.aborted).toEqual([]);
    world.core.completed(running, "two", 0);
    expect(world.runAll()).toEqual([3]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 3) });
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "DONE", ids: ids(1, 3) }]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("drops what is not adopted: what waits, what runs; but a result is still offered to the sink, and its commit said", () => {
    const { world, running } = setUp();
    world.ventilator.adopts = () => undefined;
    world.ventilator.restart();
    world.advance(1000);
    expect(world.aborted.map(({ run }) => run)).toEqual([running.run]);
    expect(seqsOf(world.ventilator.held)).toEqual([]);
    world.core.completed(running, "two", 0);
    expect(world.runAll()).toEqual([]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "DONE", ids: ids(1, 1) }]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("subtracts what it adopts from what it grants, until that has settled", () => {
    const { world, running } = setUp();
    world.ventilator.restart();
    world.advance(1000);
    // A window of three, two of which are in hand.
    expect(world.ventilator.grants.get(0)?.tasks).toBe(1);
    world.core.completed(running, "two", 0);
    world.runAll();
    expect(world.ventilator.grants.get(0)?.tasks).toBe(3);
  });

  it("grants no more than its window where it adopts a part", () => {
    const world = openWorld({ slots: 8 });
    world.ventilator.lease(ids(1, 8));
    world.settle();
    world.ventilator.adopts = () => ids(3, 2);
    world.ventilator.restart();
    world.advance(1000);
    expect(world.ventilator.grants.get(0)?.tasks).toBe(6);
    expect(world.runAll()).toEqual([3, 4]);
    expect(world.ventilator.grants.get(0)?.tasks).toBe(8);
  });

  it("repeats DONE and FAILED that may not have arrived", () => {
    const world = openWorld({ slots: 2 });
    world.ventilator.lease(ids(1, 2));
    world.settle();
    const [first, second] = world.start();
    if (first === undefined || second === undefined) throw new Error("both start");
    world.ventilator.isCut = true;
    world.core.completed(first, 1, 0);
    world.core.failed(second, { error: toRemoteError("no"), final: false });
    world.settle();
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.advance(1000);
    world.ventilator.restart();
    world.ventilator.isCut = false;
    world.advance(1000);
    expect(world.ventilator.takeVerbs().sort().reverse()).toEqual(["FAILED", "DONE"]);
  });
});

describe("a lease of what is here already", () => {
  it("is served by a result that waits for its commit", () => {
    const world = openWorld();
    world.ventilator.lease(ids(1, 1));
    world.settle();
    world.runAll();
    world.ventilator.lease(ids(1, 1), { attempts: { at: [0], values: [2] } });
    world.settle();
    expect(world.start()).toEqual([]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "DONE", ids: ids(1, 1) }]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("takes the place of one that runs", () => {
    const world = openWorld({ slots: 2 });
    world.ventilator.lease(ids(1, 1));
    world.settle();
    const before = take(world);
    world.ventilator.lease(ids(1, 1), { attempts: { at: [0], values: [2] } });
    world.settle();
    expect(world.aborted).toMatchObject([{ run: before.run }]);
    const after = take(world);
    world.core.completed(before, "first", 0);
    world.core.completed(after, "second", 0);
    world.settle();
    const results = only(world.sink.take(), "RESULTS");
    expect(results.flatMap(({ values }) => decodeValues(values))).toEqual(["second"]);
  });
});

describe("bytes that are no message", () => {
  it("end the session, and a fresh one goes on with what was held", () => {
    const world = openWorld();
    world.ventilator.lease(ids(1, 1));
    world.settle();
    const before = world.ventilator.session.id;
    world.core.violation(world.now, { channel: "ventilator:0" }, "frames");
    world.advance(200);
    expect(world.ventilator.session.id).not.toBe(before);
    expect(world.eventTypes()).toContain("peer.violated");
    expect(world.runAll()).toEqual([1]);
  });
});

it("takes what welcomes it as a sink does for a wrong endpoint, and asks no more", () => {
  const world = openWorld();
  world.ventilator.epoch = 0;
  world.ventilator.restart();
  world.advance(2 * timing.heartbeatMs);
  expect(world.core.isRefused).toBe(true);
  expect(world.events.at(-1)).toMatchObject({
    type: "ventilator.refused",
    code: "TQ_ERR_WRONG_ENDPOINT",
    channel: "ventilator:0",
  });
  const hellos = world.ventilator.hellos.length;
  world.advance(1000);
  expect(world.ventilator.hellos).toHaveLength(hellos);
});
