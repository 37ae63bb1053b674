import { describe, expect, test } from "vitest";
import {
  ids,
  only,
  openWorld,
  otherOrigin,
  type Peer,
  seqsOf,
  type World,
} from "./worker-core.test-support.ts";

const definitions = [{ name: "square" }, { name: "cube" }];

/** A worker of two ventilators, which runs two tasks. */
const pausableWorld = () => {
  const world = openWorld({ ventilators: 2, definitions, slots: 2 });
  const [one, two] = world.ventilators;
  if (one === undefined || two === undefined) throw new Error("there are two ventilators");
  return { world, one, two };
};

let numbers = 0;

const command = (
  world: World,
  peer: Peer,
  what: { command: "pause" | "resume" | "drain"; task?: string },
) => {
  numbers += 1;
  peer.send({ verb: "CONTROL", control: numbers, ...what });
  world.settle();
  return numbers;
};

const started = (world: World): string[] =>
  world
    .start()
    .map(({ ventilator, definition, seq }) => `${ventilator} ${definitions[definition]?.name} ${seq}`);

describe("a pause", () => {
  test("gives back what waits of that ventilator and task, then says so, and takes no more of it", () => {
    const { world, one, two } = pausableWorld();
    one.lease(ids(1, 2));
    one.lease(ids(3, 1), { definition: 1 });
    two.lease(ids(4, 1, otherOrigin));
    world.settle();
    const control = command(world, one, { command: "pause", task: "square" });
    const said = one.take();
    expect(said.map(({ verb }) => verb)).toEqual(["RETURN", "CONTROLLED"]);
    expect(only(said, "RETURN").map((message) => seqsOf(message.ids))).toEqual([[1, 2]]);
    expect(only(said, "CONTROLLED").map((message) => message.control)).toEqual([control]);
    one.lease(ids(5, 1));
    world.settle();
    expect(one.takeVerbs()).toEqual(["RETURN"]);
    expect(started(world).toSorted()).toEqual(["0 cube 3", "1 square 4"]);
  });

  test("lets what runs go on, and its result is committed", () => {
    const { world, one } = pausableWorld();
    one.lease(ids(1, 1));
    world.settle();
    const [running] = world.start();
    command(world, one, { command: "pause" });
    expect(world.core.stats().running).toBe(1);
    if (running !== undefined) world.core.completed(running, 1, 1);
    world.settle();
    expect(only(world.sink.take(), "RESULTS")).toHaveLength(1);
  });

  test("grants nothing more of it, and grants again when it is lifted", () => {
    const { world, one } = pausableWorld();
    const before = one.grants.get(0)?.tasks ?? 0;
    command(world, one, { command: "pause", task: "square" });
    one.lease(ids(1, before));
    world.advance(500);
    expect(one.grants.get(0)?.tasks).toBe(before);
    command(world, one, { command: "resume", task: "square" });
    expect(one.grants.get(0)?.tasks).toBeGreaterThan(before);
    one.lease(ids(5, 1));
    world.settle();
    expect(started(world)).toEqual(["0 square 5"]);
  });

  test("of all tasks can be lifted for one, and a command for all forgets what was said of one", () => {
    const { world, one } = pausableWorld();
    const takes = (definition: number, seq: number): boolean => {
      one.lease(ids(seq, 1), { definition });
      world.settle();
      return !one.takeVerbs().includes("RETURN");
    };
    command(world, one, { command: "pause" });
    command(world, one, { command: "resume", task: "cube" });
    one.take();
    expect([takes(0, 1), takes(1, 2)]).toEqual([false, true]);
    command(world, one, { command: "pause" });
    one.take();
    expect([takes(0, 3), takes(1, 4)]).toEqual([false, false]);
    command(world, one, { command: "resume" });
    one.take();
    expect([takes(0, 5), takes(1, 6)]).toEqual([true, true]);
  });

  test("ends with the session: the ventilator says it again in a fresh one, if it still holds", () => {
    const { world, one } = pausableWorld();
    command(world, one, { command: "pause" });
    one.restart();
    world.advance(1_000);
    one.lease(ids(1, 1));
    world.settle();
    expect(started(world)).toEqual(["0 square 1"]);
  });
});

test("asked to drain, it leaves all of its ventilators: nothing that waits is started, of either", () => {
  const { world, one, two } = pausableWorld();
  one.lease(ids(1, 1));
  two.lease(ids(2, 1, otherOrigin));
  world.settle();
  command(world, one, { command: "drain" });
  expect(one.takeVerbs()).toEqual(["RETURN", "CONTROLLED"]);
  expect(two.takeVerbs()).toEqual(["RETURN"]);
  expect(world.eventTypes()).toContain("worker.drain-asked");
  expect(world.core.isEmpty).toBe(true);
});
