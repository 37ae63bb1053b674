import { TqError } from "@tq/common";
import { idRun } from "@tq/common/protocol";
import { decodeValues, encodeValues, noOptions, type Outcomes, type Push } from "@tq/common/wire";
import { expect, test } from "vitest";
import { createStartedAttempt } from "./port.ts";
import {
  ids,
  openWorld,
  origin,
  otherOrigin,
  seqsOf,
  sinkAddress,
  take,
  type World,
} from "./worker-core.test-support.ts";

const sinkPush = "tcp://0.0.0.0:5568";
const bootId = "00000000000000ff";
const pullChannel = "push:ventilator:0";
const sinkChannel = `push:sink:${sinkAddress.id}`;

/** A worker whose ventilators and sink take part in the push lane. */
function pushWorld(options: ConstructorParameters<typeof World>[0] = {}): World {
  const world = openWorldWithPush(options);
  for (const index of world.ventilators.keys()) world.core.opened(world.now, `push:ventilator:${index}`);
  world.settle();
  for (const ventilator of world.ventilators) ventilator.tallies.length = 0;
  return world;
}

function openWorldWithPush(options: ConstructorParameters<typeof World>[0]): World {
  const world = openWorld(options);
  for (const ventilator of world.ventilators) {
    ventilator.push = "tcp://0.0.0.0:5567";
    ventilator.sinks = [{ ...sinkAddress, push: sinkPush }];
    ventilator.restart();
  }
  world.advance(1000);
  return world;
}

/** Tasks from `first`, each with its seq as input. */
function pushed(first: number, count: number, overrides: Partial<Push> = {}): Push {
  return {
    verb: "PUSH",
    bootId,
    epoch: 1,
    definition: { name: "square" },
    sink: sinkAddress.id,
    ids: idRun(origin, first, count),
    options: noOptions,
    values: encodeValues(Array.from({ length: count }, (_, index) => first + index)),
    ...overrides,
  };
}

function push(world: World, message: Push, ventilator = 0): void {
  world.core.receive(world.now, { channel: `push:ventilator:${ventilator}` }, message);
  world.settle();
}

const lastTally = (world: World) => world.ventilator.tallies.at(-1);

const shown = ({ outcome, ids: of, values }: Outcomes) => ({
  outcome,
  seqs: seqsOf(of),
  values: decodeValues(values),
});

test("reads where the ventilator pushes, writes where the sink takes outcomes, and says so once the pipe is there", () => {
  const world = openWorldWithPush({});
  expect(world.connected.get(pullChannel)).toBe("tcp://0.0.0.0:5567");
  expect(world.connected.get(sinkChannel)).toBe(sinkPush);
  world.ventilator.tallies.length = 0;
  world.core.opened(world.now, pullChannel);
  world.settle();
  expect(lastTally(world)).toMatchObject({ counts: [], strays: 0, leaving: false });
});

test("takes the sink's own word for where it takes outcomes: a ventilator that was here first could not know", () => {
  const world = openWorld();
  expect([...world.connected.keys()]).not.toContain(sinkChannel);
  world.sink.push = sinkPush;
  world.sink.restart();
  world.advance(1000);
  expect(world.connected.get(sinkChannel)).toBe(sinkPush);
  world.ventilator.sinks = [{ ...sinkAddress, push: "tcp://0.0.0.0:1" }];
  world.ventilator.restart();
  world.advance(1000);
  expect(world.connected.get(sinkChannel)).toBe(sinkPush);
});

test("stays out of the lane if it is told to, or if the ventilator does not push", () => {
  expect([...pushWorld({ takesPushed: false }).connected.keys()]).not.toContain(pullChannel);
  const world = openWorld();
  world.core.opened(world.now, pullChannel);
  world.advance(1000);
  expect([...world.connected.keys()]).toEqual(["sink:sink-1"]);
  expect(world.ventilator.tallies).toEqual([]);
});

test("runs what is pushed, and sends the outcomes of a turn as one message to the sink's pipe", () => {
  const world = pushWorld();
  push(world, pushed(5, 3, { options: { traceparent: { at: [1], values: [traceparent] } } }));
  expect(world.runAll()).toEqual([5, 6, 7]);
  expect(world.outcomes.map(shown)).toEqual([
    { outcome: "completed", seqs: [5, 6, 7], values: [25, 36, 49] },
  ]);
  expect(world.outcomes[0]).toMatchObject({
    worker: "worker",
    definition: { name: "square" },
    durationsUs: [10, 10, 10],
    traceparent: { at: [1], values: [traceparent] },
  });
  expect(world.ventilator.takeVerbs()).toEqual([]);
  expect(lastTally(world)?.counts).toEqual([0, 3, 3]);
});

const traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";

test("gives a handler each input of a message, of several runs and origins, with its own id", () => {
  const world = pushWorld({ slots: 8 });
  push(world, {
    ...pushed(1, 4),
    ids: { origins: [origin, otherOrigin], runs: [0, 7, 2, 0, 20, 1, 1, 3, 1] },
  });
  const started = world.start();
  expect(started.map(({ origin: of, seq }) => [of, seq])).toEqual([
    [origin, 7],
    [origin, 8],
    [origin, 20],
    [otherOrigin, 3],
  ]);
  expect(
    started.map(({ slab, from, to }) =>
      decodeValues({ slab: slab.subarray(from, to), lengths: [to - from] }),
    ),
  ).toEqual([[1], [2], [3], [4]]);
  expect(started.every(({ isPushed, attempt }) => isPushed && attempt === 1)).toBe(true);
});

test("an attempt that fails, times out or gives what cannot be encoded has failed for good", () => {
  const world = pushWorld({ slots: 3 });
  push(world, pushed(1, 3, { options: { timeoutMs: { at: [1], values: [50] } } }));
  const [thrown, slow, odd] = world.start();
  if (thrown === undefined || slow === undefined || odd === undefined) throw new Error("three were pushed");
  world.core.failed(thrown, { error: { name: "Error", message: "no" }, final: false });
  world.core.completed(odd, () => 1, 10);
  world.advance(60);
  const errors = world.outcomes.map(shown);
  expect(errors.map(({ outcome, seqs }) => [outcome, seqs])).toEqual([
    ["failed", [1, 3]],
    ["failed", [2]],
  ]);
  expect(errors.flatMap(({ values }) => values)).toEqual([
    expect.objectContaining({ message: "no" }),
    expect.objectContaining({ code: "TQ_ERR_UNENCODABLE" }),
    expect.objectContaining({ code: "TQ_ERR_TIMEOUT" }),
  ]);
  expect(world.aborted.map(({ slot }) => slot)).toEqual([slow.slot]);
  expect(world.ventilator.takeVerbs()).toEqual([]);
  expect(world.core.stats()).toMatchObject({ failed: 2, timedOut: 1, running: 0 });
  expect(lastTally(world)?.counts).toEqual([0, 3, 3]);
});

test("a task that has expired by its turn is not started, and is said to have expired", () => {
  const world = pushWorld({ slots: 1 });
  push(world, pushed(1, 3, { options: { expiresMs: { at: [1], values: [100] } } }));
  const first = take(world);
  world.advance(150);
  world.core.completed(first, 1, 10);
  expect(world.runAll()).toEqual([3]);
  expect(world.outcomes.map(shown)).toEqual([
    { outcome: "completed", seqs: [1, 3], values: [1, 9] },
    { outcome: "expired", seqs: [2], values: [null] },
  ]);
});

test("tasks that it has no handler for fail at once, under the name that they came by, and count as strays", () => {
  const world = pushWorld({ definitions: [{ name: "square", contract: "v2" }] });
  push(world, pushed(1, 2, { definition: { name: "cube" } }));
  push(world, pushed(3, 1, { definition: { name: "square", contract: "v1" } }));
  push(world, pushed(4, 1, { definition: { name: "square" } }));
  expect(world.outcomes.map(({ definition, ids: of }) => [definition, seqsOf(of)])).toEqual([
    [{ name: "cube" }, [1, 2]],
    [{ name: "square", contract: "v1" }, [3]],
  ]);
  for (const { values } of world.outcomes) {
    for (const error of decodeValues(values)) expect(error).toMatchObject({ code: "TQ_ERR_NO_HANDLER" });
  }
  expect(world.runAll()).toEqual([4]);
  expect(lastTally(world)).toMatchObject({ counts: [0, 1, 1], strays: 3 });
  for (let seq = 5; seq < 105; seq++) push(world, pushed(seq, 1, { definition: { name: "cube" } }));
  const said = world.events.filter((event) => event.type === "push.unhandled");
  expect(said[0]).toEqual({ type: "push.unhandled", task: "cube", contract: undefined, count: 2 });
  expect(said.map(({ count }) => count)).toEqual([2, 4, 8, 16, 32, 64]);
});

test("stops reading when a window of tasks waits, and goes on when they are done", () => {
  const world = pushWorld({ slots: 2 });
  push(world, pushed(1, 2));
  expect(world.paused).toEqual(new Set([pullChannel]));
  world.core.completed(take(world), 1, 10);
  world.settle();
  expect(world.paused).toEqual(new Set());
});

test("the window grows with the rate at which tasks are done, and shrinks when they become slow", () => {
  const world = pushWorld({ slots: 1 });
  let seq = 1;
  const fill = (): void => {
    while (world.paused.size === 0) push(world, pushed(seq++, 1));
  };
  const windowAfter = (perTaskMs: number): number => {
    for (let round = 0; round < 60; round++) {
      fill();
      const started = take(world);
      world.advance(perTaskMs);
      world.core.completed(started, 1, 10);
      world.settle();
    }
    fill();
    return world.core.stats().push.waiting;
  };
  const afterFast = windowAfter(1);
  expect(afterFast).toBeGreaterThan(10);
  expect(afterFast).toBeLessThan(30);
  expect(windowAfter(100)).toBeLessThanOrEqual(2);
});

test("while the sink's pipe is full outcomes wait, and no more than a window of them before it stops reading", () => {
  const world = pushWorld({ slots: 2 });
  world.fullPipes.add(sinkChannel);
  push(world, pushed(1, 2));
  world.runAll();
  expect(world.outcomes).toEqual([]);
  expect(world.core.stats().push).toEqual({ waiting: 0, running: 0, unsent: 2 });
  expect(world.paused).toEqual(new Set([pullChannel]));
  expect(lastTally(world)?.counts).not.toEqual([0, 2, 2]);

  world.fullPipes.clear();
  world.settle();
  expect(world.outcomes.map(shown)).toEqual([{ outcome: "completed", seqs: [1, 2], values: [1, 4] }]);
  expect(world.paused).toEqual(new Set());
  expect(lastTally(world)?.counts).toEqual([0, 2, 2]);
});

test("outcomes for a sink that is not known yet wait until a ventilator names it, which is said once", () => {
  const world = pushWorld();
  push(world, pushed(1, 1, { sink: "sink-2" }));
  world.runAll();
  expect(world.core.stats().push.unsent).toBe(1);
  world.advance(60_000);
  const stuck = { type: "push.stuck", sink: "sink-2", unsent: 1 };
  expect(world.events.filter(({ type }) => type === "push.stuck")).toMatchObject([stuck]);
  world.ventilator.sinks = [
    ...world.ventilator.sinks,
    { id: "sink-2", endpoint: "memory:sink-2", push: "memory:p" },
  ];
  world.ventilator.restart();
  world.advance(1000);
  expect(world.outcomes).toHaveLength(1);
});

test("the lanes share the slots: each has its turn while the other has more than enough", () => {
  const world = pushWorld({ slots: 1 });
  world.ventilator.lease(ids(101, 1));
  push(world, pushed(1, 20));
  const lanes: boolean[] = [];
  for (let index = 0; index < 6; index++) {
    const started = take(world);
    lanes.push(started.isPushed);
    world.core.completed(started, 1, 10);
    world.settle();
    if (!started.isPushed) world.ventilator.lease(ids(102 + index, 1));
    world.settle();
  }
  expect(lanes.filter((isPushed) => isPushed)).toHaveLength(3);
});

test("ventilators have turns", () => {
  const world = pushWorld({ slots: 1, ventilators: 2 });
  push(world, pushed(1, 10), 0);
  push(world, pushed(1, 2, { ids: idRun(otherOrigin, 1, 2) }), 1);
  const origins: string[] = [];
  for (let index = 0; index < 4; index++) {
    const started = take(world);
    origins.push(started.origin);
    world.core.completed(started, 1, 10);
  }
  expect(origins.filter((of) => of === otherOrigin)).toHaveLength(2);
});

test("says how it stands with every heartbeat, when it has nothing left, and otherwise every 20 ms at most", () => {
  const world = pushWorld({ slots: 1 });
  const { tallies } = world.ventilator;
  push(world, pushed(1, 3));
  world.advance(30);
  expect(tallies.map(({ counts }) => counts)).toEqual([[0, 3, 0]]);
  world.core.completed(take(world), 1, 10);
  world.settle();
  expect(tallies).toHaveLength(1);
  world.advance(20);
  expect(tallies.map(({ counts }) => counts)).toEqual([
    [0, 3, 0],
    [0, 3, 1],
  ]);
  world.runAll();
  expect(lastTally(world)?.counts).toEqual([0, 3, 3]);
  const before = tallies.length;
  world.advance(350);
  expect(tallies.length - before).toBeGreaterThanOrEqual(3);
});

test("counts of another start of the ventilator begin anew, and what its predecessor pushed is not among them", () => {
  const world = pushWorld();
  push(world, pushed(1, 1));
  world.runAll();
  push(world, pushed(2, 1, { bootId: "00000000000000aa" }));
  world.runAll();
  expect(lastTally(world)?.counts).toEqual([0, 1, 1]);
  expect(world.outcomes).toHaveLength(2);
});

test("leaves in order: says so, reads on until nothing is on its way, settles the rest, and is empty then", () => {
  const world = pushWorld({ slots: 1 });
  push(world, pushed(1, 1));
  world.core.drain();
  world.settle();
  expect(lastTally(world)).toMatchObject({ leaving: true });
  const first = take(world);
  world.core.completed(first, 1, 10);
  world.settle();
  expect(world.core.isEmpty).toBe(false);
  push(world, pushed(2, 1));
  world.ventilator.send({ verb: "DETACH" });
  world.settle();
  expect(world.connected.has(pullChannel)).toBe(false);
  expect(world.core.isEmpty).toBe(false);
  expect(world.runAll()).toEqual([2]);
  expect(world.core.isEmpty).toBe(true);
});

test("does not wait for a ventilator that is not there before it leaves", () => {
  const world = pushWorld();
  world.ventilator.isCut = true;
  world.advance(1000);
  world.core.drain();
  world.settle();
  expect(world.connected.has(pullChannel)).toBe(false);
  expect(world.core.isEmpty).toBe(true);
});

test("stopping says how many pushed tasks are lost, and aborts those that run", () => {
  const world = pushWorld({ slots: 1 });
  world.fullPipes.add(sinkChannel);
  push(world, pushed(1, 3));
  world.core.completed(take(world), 1, 10);
  take(world);
  world.core.stop(world.now, new TqError("TQ_ERR_CLOSED", "over"));
  expect(world.aborted).toHaveLength(1);
  expect(world.events.at(-1)).toEqual({ type: "push.left", waiting: 1, running: 1, unsent: 1 });
});

test("a pipe to a sink that has not answered for long is made anew", () => {
  const world = pushWorld();
  world.sink.isCut = true;
  world.connected.delete(sinkChannel);
  world.advance(10_000);
  expect(world.connected.get(sinkChannel)).toBe(sinkPush);
});

test("while a ventilator has the worker for itself, what was pushed waits", () => {
  const world = pushWorld();
  world.ventilator.send({ verb: "RESERVE", reservation: 1 });
  world.settle();
  push(world, pushed(1, 1));
  expect(world.core.take(world.now, createStartedAttempt())).toBe(false);
  world.ventilator.lease(ids(101, 1));
  world.settle();
  expect(world.runAll()).toEqual([101]);
  world.ventilator.send({ verb: "RELEASE", reservation: 1 });
  world.settle();
  expect(world.runAll()).toEqual([1]);
});

test("what is no PUSH is a violation, and harms nobody", () => {
  const world = pushWorld();
  world.core.receive(world.now, { channel: pullChannel }, { verb: "RESYNC", bootId });
  world.core.violation(world.now, { channel: pullChannel }, "garbage");
  expect(world.core.stats().violations).toBe(2);
  push(world, pushed(1, 1));
  expect(world.runAll()).toEqual([1]);
});
