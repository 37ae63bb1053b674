import { decodeValues, type SessionMessage } from "@tq/common/wire";
import { describe, expect, it } from "vitest";
import { createStartedAttempt } from "./port.ts";
import { ids, seqsOf, sinkAddress, timing, World } from "./worker-core.test-support.ts";

const resultsIn = (messages: SessionMessage[]): number[] =>
  messages.flatMap((message) => (message.verb === "RESULTS" ? seqsOf(message.ids) : []));

describe("credit given to ventilators", () => {
  it("is one task per slot at first, shared by the ventilators that are there", () => {
    const one = new World({ slots: 5 });
    expect(one.ventilator.grants.get(0)).toEqual({ tasks: 5, bytes: 16 * 1024 * 1024 });
    const two = new World({ slots: 5, ventilators: 2 });
    const half = { tasks: 2, bytes: 8 * 1024 * 1024 };
    expect(two.ventilators.map(({ grants }) => grants.get(0))).toEqual([half, half]);
  });

  it("is never less than one task each", () => {
    const world = new World({ slots: 1, ventilators: 3 });
    expect(world.ventilators.map(({ grants }) => grants.get(0)?.tasks)).toEqual([1, 1, 1]);
  });

  it("comes back in full, whatever becomes of the tasks", () => {
    const world = new World({ slots: 8 });
    const { ventilator } = world;
    const next = createStartedAttempt();
    for (let round = 0; round < 20; round++) {
      const first = round * 8 + 1;
      ventilator.lease(ids(first, 8));
      world.settle();
      for (let call = 0; call < 3; call++) world.core.take(world.now, next);
      world.core.failed(next, { error: { name: "Error", message: "no" }, final: false });
      ventilator.send({ verb: "CANCEL", ids: ids(first, 1) });
      ventilator.send({ verb: "RECALL", ids: ids(first + 7, 1) });
      world.settle();
      for (const { run, slot } of world.aborted.splice(0)) world.core.completed({ run, slot }, null, 0);
      ventilator.send({ verb: "CANCEL", ids: ids(first, 8) });
      world.settle();
      for (const { run, slot } of world.aborted.splice(0)) world.core.completed({ run, slot }, null, 0);
      world.settle();
      expect(ventilator.grants.get(0)?.tasks).toBe((round + 2) * 8);
    }
    expect(world.core.isEmpty).toBe(true);
  });

  it("is repeated by every heartbeat, so that a lost grant is no lost credit", () => {
    const world = new World({ slots: 2 });
    world.ventilator.lease(ids(1, 2));
    world.settle();
    world.ventilator.isCut = true;
    world.runAll();
    world.ventilator.isCut = false;
    expect(world.ventilator.grants.get(0)?.tasks).toBe(2);
    world.advance(timing.heartbeatMs);
    expect(world.ventilator.grants.get(0)?.tasks).toBe(4);
  });

  it("grows with the rate at which tasks are done, up to its limit", () => {
    const world = new World({ slots: 2, limits: { windowTasksMax: 64 } });
    world.sink.grant(1_000_000, 1_000_000_000);
    let seq = 1;
    for (let round = 0; round < 60; round++) {
      const grant = world.ventilator.grants.get(0)?.tasks ?? 0;
      if (grant >= seq) world.ventilator.lease(ids(seq, grant + 1 - seq));
      seq = grant + 1;
      world.settle();
      world.runAll();
      world.now += 1;
    }
    const before = world.ventilator.grants.get(0)?.tasks ?? 0;
    expect(before - (seq - 1)).toBe(64);
  });

  it("stops while too many results wait for their commit, and goes on after it", () => {
    const world = new World({ slots: 2, limits: { uncommittedTasksMax: 4 } });
    world.sink.grant(1_000, 1_000_000);
    for (const first of [1, 3]) {
      world.ventilator.lease(ids(first, 2));
      world.settle();
      world.runAll();
    }
    expect(world.ventilator.grants.get(0)?.tasks).toBe(4);
    world.advance(5 * timing.heartbeatMs);
    expect(world.ventilator.grants.get(0)?.tasks).toBe(4);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 2) });
    world.settle();
    expect(world.ventilator.grants.get(0)?.tasks).toBe(6);
  });

  it("stops for the definition whose results wait, and for no other", () => {
    const definitions = [{ name: "unread" }, { name: "read" }];
    const world = new World({ slots: 2, definitions, limits: { uncommittedTasksMax: 2 } });
    world.ventilator.lease(ids(1, 2));
    world.settle();
    world.runAll();
    world.ventilator.lease(ids(3, 1), { definition: 1 });
    world.settle();
    world.runAll();
    expect(world.ventilator.grants.get(0)?.tasks).toBe(2);
    expect(world.ventilator.grants.get(1)?.tasks).toBe(3);
  });
});

describe("credit given by sinks", () => {
  it("bounds the results sent, and more of it lets more go", () => {
    const world = new World({ slots: 4 });
    world.sink.grant(1);
    world.settle();
    world.ventilator.lease(ids(1, 4));
    world.settle();
    world.runAll();
    expect(resultsIn(world.sink.take())).toEqual([1]);
    world.sink.grant(3);
    world.settle();
    expect(resultsIn(world.sink.take())).toEqual([2, 3]);
  });

  it("bounds their bytes, but for the last one", () => {
    const world = new World({ slots: 3 });
    world.sink.grant(100, 10);
    world.settle();
    world.ventilator.lease(ids(1, 3));
    world.settle();
    for (const started of world.start()) world.core.completed(started, "x".repeat(8), 0);
    world.settle();
    expect(resultsIn(world.sink.take())).toEqual([1, 2]);
    world.sink.grant(100, 19);
    world.settle();
    expect(resultsIn(world.sink.take())).toEqual([3]);
  });

  it("starts anew with a fresh session, which is offered all that is not committed", () => {
    const world = new World({ slots: 4 });
    world.sink.grant(3);
    world.settle();
    world.ventilator.lease(ids(1, 4));
    world.settle();
    world.runAll();
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(2, 1) });
    world.settle();
    expect(resultsIn(world.sink.take())).toEqual([1, 2, 3]);
    world.sink.restart();
    world.advance(500);
    expect(world.sink.take()).toEqual([]);
    world.sink.grant(2);
    world.settle();
    const again = world.sink.take();
    expect(resultsIn(again)).toEqual([1, 3]);
    const values = again.flatMap((message) =>
      message.verb === "RESULTS" ? decodeValues(message.values) : [],
    );
    expect(values).toEqual([1, 9]);
    world.sink.grant(4);
    world.settle();
    expect(resultsIn(world.sink.take())).toEqual([4]);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 4) });
    world.settle();
    expect(world.core.isEmpty).toBe(true);
  });
});

describe("sinks come and go", () => {
  const second = { id: "sink-2", endpoint: "memory:sink-2" };

  it("is left when no ventilator names it any more and nothing is owed to it", () => {
    const world = new World();
    world.sink.grant(100);
    world.ventilator.lease(ids(1, 1));
    world.settle();
    world.ventilator.sinks = [second];
    world.ventilator.restart();
    world.advance(1000);
    expect([...world.connected.keys()]).toEqual(["sink:sink-1", "sink:sink-2"]);
    world.runAll();
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.advance(2 * timing.heartbeatMs);
    expect([...world.connected.keys()]).toEqual(["sink:sink-2"]);
  });

  it("is learned of when the same session is welcomed again", () => {
    const world = new World();
    world.ventilator.sinks = [sinkAddress, second];
    world.core.receive(
      world.now,
      { channel: "ventilator:0" },
      { verb: "RESYNC", bootId: "00000000000000ff" },
    );
    const { id } = world.ventilator.session;
    world.settle();
    expect(world.ventilator.session.id).toBe(id);
    expect([...world.connected.keys()]).toEqual(["sink:sink-1", "sink:sink-2"]);
  });

  it("is one connection, also where two ventilators name it, and moves when its endpoint does", () => {
    const world = new World({ ventilators: 2 });
    expect(world.core.stats().sinks).toHaveLength(1);
    world.ventilator.sinks = [{ ...sinkAddress, endpoint: "memory:elsewhere" }];
    world.ventilator.restart();
    world.advance(1000);
    expect(world.connected.get("sink:sink-1")).toBe("memory:elsewhere");
  });
});
