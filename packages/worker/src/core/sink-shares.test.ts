/** Several sinks, one of which takes no results: the tasks of the others go on. */
import { wireLimits } from "@tq/common/wire";
import { describe, expect, it } from "vitest";
import { nothingFull, SinkLoad, SinkShares } from "./sink-shares.ts";
import {
  ids,
  only,
  openWorld,
  otherOrigin,
  seqsOf,
  sinkAddresses,
  timing,
} from "./worker-core.test-support.ts";

const stuck = { sink: "sink-1" };
const live = { sink: "sink-2" };

/** Two sinks; of 16 uncommitted results each has a share of 8. With one slot the window is one task until it is measured. */
const twoSinks = (options: Parameters<typeof openWorld>[0] = {}) => {
  const world = openWorld({ slots: 1, sinks: 2, limits: { uncommittedTasksMax: 16 }, ...options });
  const [, second] = world.sinks;
  if (second === undefined) throw new Error("there is a second sink");
  return { world, second };
};

describe("a sink that commits nothing", () => {
  it("is full before its share is used up, and that is said, and repeated", () => {
    const { world } = twoSinks();
    for (let seq = 1; seq <= 7; seq++) {
      expect(world.ventilator.full).toBeUndefined();
      world.ventilator.lease(ids(seq, 1), stuck);
      world.settle();
      expect(world.runAll()).toEqual([seq]);
    }
    const full = [{ definition: 0, sink: "sink-1" }];
    expect(world.ventilator.full).toEqual(full);
    world.ventilator.full = undefined;
    world.advance(timing.heartbeatMs);
    expect(world.ventilator.full).toEqual(full);
    world.ventilator.restart();
    world.advance(1000);
    expect(world.ventilator.full).toEqual(full);
  });

  it("keeps the tasks of no other sink: they are granted, run and committed, as many as come", () => {
    const { world, second } = twoSinks();
    let granted = 0;
    for (let seq = 1; seq <= 60; seq++) {
      granted = world.ventilator.grants.get(0)?.tasks ?? 0;
      expect(granted).toBeGreaterThanOrEqual(seq);
      const isFull = (world.ventilator.full ?? []).some(({ sink }) => sink === "sink-1");
      world.ventilator.lease(ids(seq, 1), isFull ? live : stuck);
      world.settle();
      expect(world.runAll()).toEqual([seq]);
      if (isFull) second.send({ verb: "COMMITTED", outcome: "completed", ids: ids(seq, 1) });
      world.settle();
    }
    expect(world.core.stats().uncommitted).toBeLessThanOrEqual(8);
    expect(seqsOf(world.ventilator.held)).toEqual([]);
  });

  it("gets no more than its share: what comes all the same is given back, and what waits, too", () => {
    const { world } = twoSinks({ slots: 12, limits: { uncommittedTasksMax: 16 } });
    world.ventilator.lease(ids(1, 12), stuck);
    world.settle();
    const started = world.start();
    for (const each of started.slice(0, 8)) world.core.completed(each, null, 0);
    world.settle();
    world.ventilator.lease(ids(13, 2), stuck);
    world.settle();
    expect(only(world.ventilator.take(), "RETURN").flatMap((returned) => seqsOf(returned.ids))).toEqual([
      13, 14,
    ]);
    world.ventilator.lease(ids(15, 1), live);
    world.settle();
    expect(world.start().map(({ seq }) => seq)).toEqual([15]);
  });

  it("has more than its share where so many were running, and that is not held against the others", () => {
    const { world, second } = twoSinks({ slots: 16 });
    world.ventilator.lease(ids(1, 16), stuck);
    world.settle();
    for (const each of world.start()) world.core.completed(each, null, 0);
    world.settle();
    expect(world.core.stats().uncommitted).toBe(16);
    for (let seq = 17; seq <= 40; seq++) {
      expect(world.ventilator.grants.get(0)?.tasks).toBeGreaterThanOrEqual(seq);
      world.ventilator.lease(ids(seq, 1), live);
      world.settle();
      expect(world.runAll()).toEqual([seq]);
      second.send({ verb: "COMMITTED", outcome: "completed", ids: ids(seq, 1) });
      world.settle();
    }
  });

  it("leaves the worker within what a heartbeat can list, also if every sink is such a one, one after the other", () => {
    const world = openWorld({ slots: 16_384, sinks: 8 });
    const { ventilator } = world;
    let leased = 0;
    const leaseAll = (sink: string): number => {
      const may = (ventilator.grants.get(0)?.tasks ?? 0) - leased;
      const count = Math.min(may, wireLimits.tasksPerMessageMax);
      if (count > 0) ventilator.lease(ids(leased + 1, count), { sink });
      leased += count;
      world.settle();
      return count;
    };
    for (const { id } of sinkAddresses(8)) {
      const isFull = (): boolean => (ventilator.full ?? []).some(({ sink }) => sink === id);
      while (!isFull() && leaseAll(id) > 0) {
        while (leaseAll(id) > 0);
        world.runAll();
      }
    }
    world.advance(timing.heartbeatMs);
    expect(seqsOf(ventilator.held)).toHaveLength(world.core.stats().uncommitted);
    expect(world.core.stats().uncommitted).toBeGreaterThan(32_768);
  });

  it("is said to be full before anything of it is given back, so that it does not come again", () => {
    const { world } = twoSinks({ slots: 8 });
    world.ventilator.lease(ids(1, 8), stuck);
    world.settle();
    const [first, ...others] = world.start();
    if (first === undefined) throw new Error("it starts");
    world.core.completed(first, null, 0);
    world.settle();
    world.ventilator.lease(ids(9, 1), stuck);
    world.settle();
    for (const each of others) world.core.completed(each, null, 0);
    world.settle();
    expect(world.ventilator.order).toEqual(["full", "RETURN"]);
  });

  it("is open again when half of what waited is committed; each ventilator hears of it", () => {
    const { world } = twoSinks({ ventilators: 2 });
    for (let seq = 1; seq <= 7; seq++) {
      const ventilator = world.ventilators[seq % 2];
      ventilator?.lease(ids(seq, 1, seq % 2 === 0 ? ids(1, 1).origins[0] : otherOrigin), stuck);
      world.settle();
      world.runAll();
    }
    const full = [{ definition: 0, sink: "sink-1" }];
    expect(world.ventilators.map((ventilator) => ventilator.full)).toEqual([full, full]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(2, 1) });
    world.settle();
    expect(world.ventilators.map((ventilator) => ventilator.full)).toEqual([full, full]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(4, 3) });
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 3, otherOrigin) });
    world.settle();
    expect(world.ventilators.map((ventilator) => ventilator.full)).toEqual([[], []]);
  });

  it("is offered all that waits for it when it is back, by whichever ventilator it was leased", () => {
    const { world } = twoSinks({ ventilators: 2 });
    world.sink.isCut = true;
    for (const [index, ventilator] of world.ventilators.entries()) {
      for (let seq = 1; seq <= 3; seq++) {
        ventilator.lease(ids(seq, 1, index === 0 ? undefined : otherOrigin), stuck);
        world.settle();
        world.runAll();
      }
    }
    world.advance(5_000);
    world.sink.restart();
    world.sink.isCut = false;
    world.advance(1_000);
    world.sink.take();
    world.sink.grant(100);
    world.settle();
    const offered = only(world.sink.take(), "RESULTS").flatMap((results) => seqsOf(results.ids));
    expect(offered.sort()).toEqual([1, 1, 2, 2, 3, 3]);
  });
});

describe("the only sink", () => {
  it("has all of the bound, and is never said to be full", () => {
    const world = openWorld({ slots: 1, limits: { uncommittedTasksMax: 4 } });
    for (let seq = 1; seq <= 4; seq++) {
      world.ventilator.lease(ids(seq, 1));
      world.settle();
      expect(world.runAll()).toEqual([seq]);
    }
    world.advance(timing.heartbeatMs);
    expect(world.ventilator.full).toBeUndefined();
    expect(world.ventilator.grants.get(0)?.tasks).toBe(4);
  });
});

describe("shares", () => {
  const sharesOf = (options: Partial<ConstructorParameters<typeof SinkShares>[0]> = {}) =>
    new SinkShares({
      definitions: 2,
      tasksMax: 100,
      bytesMax: 1_000,
      excessTasksMax: 100,
      windowTasks: () => 10,
      ...options,
    });
  const sink = (id: string) => ({ id, load: new SinkLoad(2) });

  it("are of each definition by itself", () => {
    const shares = sharesOf();
    const [a, b] = [sink("a"), sink("b")];
    a.load.count(1, 40, 0);
    expect(shares.refresh([a, b])).toEqual([]);
    expect(shares.full).toEqual([{ definition: 1, sink: "a" }]);
  });

  it("are of bytes, too", () => {
    const shares = sharesOf();
    const [a, b] = [sink("a"), sink("b")];
    a.load.count(0, 1, 250);
    shares.refresh([a, b]);
    expect(shares.full).toEqual([{ definition: 0, sink: "a" }]);
    a.load.count(0, 1, 250);
    expect(shares.refresh([a, b])).toEqual([{ sink: a, definition: 0 }]);
    expect(a.load.isOver).toEqual([true, false]);
  });

  it("leave half to a sink however large the window is", () => {
    const shares = sharesOf({ windowTasks: () => 1_000 });
    const [a, b] = [sink("a"), sink("b")];
    a.load.count(0, 24, 0);
    shares.refresh([a, b]);
    expect(shares.full).toBe(nothingFull);
    a.load.count(0, 1, 0);
    shares.refresh([a, b]);
    expect(shares.full).toHaveLength(1);
  });

  it("are named as far as a message has room for them", () => {
    const shares = sharesOf({ definitions: 1024 });
    const sinks = Array.from({ length: 5 }, (_, index) => ({ id: `${index}`, load: new SinkLoad(1024) }));
    for (const { load } of sinks) for (let at = 0; at < 1024; at++) load.count(at, 100, 0);
    shares.refresh(sinks);
    expect(shares.full).toHaveLength(4096);
  });

  it("are another list only when something has changed, also when a sink is gone", () => {
    const shares = sharesOf();
    const [a, b, c] = [sink("a"), sink("b"), sink("c")];
    a.load.count(0, 90, 0);
    shares.refresh([a, b, c]);
    const { full } = shares;
    a.load.count(0, 1, 0);
    shares.refresh([a, b, c]);
    expect(shares.full).toBe(full);
    shares.refresh([b, c]);
    expect(shares.full).toEqual([]);
  });
});
