import { TqError } from "@tq/common";
import { describe, expect, it } from "vitest";
import { createStartedAttempt } from "./port.ts";
import { ids, origin, World } from "./worker-core.test-support.ts";

const startedWorld = () => {
  const world = new World({ slots: 2 });
  world.sink.grant(100);
  world.ventilator.lease(ids(1, 2));
  world.settle();
  const started = createStartedAttempt();
  world.core.take(world.now, started);
  return { world, started };
};

describe("drain", () => {
  it("gives back what has not started, finishes what runs, and is through when that is committed", () => {
    const { world, started } = startedWorld();
    world.core.drain();
    world.settle();
    expect(world.ventilator.take()).toMatchObject([{ verb: "RETURN", ids: ids(2, 1) }]);
    expect(world.start()).toEqual([]);
    world.core.completed(started, 1, 0);
    world.settle();
    expect(world.sink.takeVerbs()).toEqual(["RESULTS"]);
    expect(world.core.isEmpty).toBe(false);
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.settle();
    expect(world.ventilator.takeVerbs()).toEqual(["DONE"]);
    expect(world.core.isEmpty).toBe(true);
  });

  it("grants nothing more, and gives back what still comes", () => {
    const { world } = startedWorld();
    world.core.drain();
    world.settle();
    world.ventilator.take();
    const before = world.ventilator.grants.get(0);
    world.ventilator.lease(ids(3, 1));
    world.advance(500);
    expect(world.ventilator.grants.get(0)).toEqual(before);
    expect(world.ventilator.take()).toMatchObject([{ verb: "RETURN", ids: ids(3, 1) }]);
  });

  it("is not held up by a ventilator that is gone", () => {
    const { world, started } = startedWorld();
    world.core.completed(started, 1, 0);
    world.settle();
    world.ventilator.isCut = true;
    world.advance(5000);
    world.core.drain();
    world.sink.send({ verb: "COMMITTED", outcome: "completed", ids: ids(1, 1) });
    world.settle();
    expect(world.core.isEmpty).toBe(true);
  });
});

describe("stop", () => {
  const reason = new TqError("TQ_ERR_CLOSED", "the worker closes");

  it("aborts what runs, gives everything back, says what it was, and good-bye to all", () => {
    const { world, started } = startedWorld();
    world.core.completed(started, 1, 0);
    world.settle();
    world.core.take(world.now, started);
    world.ventilator.lease(ids(3, 1));
    world.settle();
    const { id } = world.ventilator.session;
    const left = world.core.stop(world.now, reason);
    expect(left.map(({ taskId, state }) => [taskId, state]).sort()).toEqual([
      [`${origin}-1`, "uncommitted"],
      [`${origin}-2`, "running"],
      [`${origin}-3`, "queued"],
    ]);
    expect(world.aborted).toMatchObject([{ run: started.run, reason: { code: "TQ_ERR_CLOSED" } }]);
    world.settle();
    const returned = world.ventilator.take().filter(({ verb }) => verb === "RETURN");
    expect(returned).toHaveLength(1);
    expect(world.ventilator.server.find(id)).toBeUndefined();
    expect(world.sink.server.size).toBe(0);
    expect(world.core.wakeAt()).toBe(Number.POSITIVE_INFINITY);
    expect(world.core.stop(world.now, reason)).toEqual([]);
  });
});
