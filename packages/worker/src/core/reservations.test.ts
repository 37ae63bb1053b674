import { describe, expect, test } from "vitest";
import { ids, only, openWorld, type Peer, seqsOf, take, type World } from "./worker-core.test-support.ts";

const sharedWorld = ({ ventilators = 2, slots = 2 } = {}): World => openWorld({ ventilators, slots });

const peerOf = (world: World, place: number): Peer => {
  const peer = world.ventilators[place];
  if (peer === undefined) throw new Error(`there is no ventilator ${place}`);
  return peer;
};

const reserve = (world: World, place: number, reservation: number): void => {
  peerOf(world, place).send({ verb: "RESERVE", reservation });
  world.settle();
};

const release = (world: World, place: number, reservation: number): void => {
  peerOf(world, place).send({ verb: "RELEASE", reservation });
  world.settle();
};

const reservedBy = (peer: Peer): number[] =>
  only(peer.take(), "RESERVED").map(({ reservation }) => reservation);

const originOf = (place: number): string => `00000000000000a${place}`;

const lease = (world: World, place: number, [first, count]: readonly [number, number]): void => {
  peerOf(world, place).lease(ids(first, count, originOf(place)));
  world.settle();
};

describe("a reserved worker", () => {
  test("gives back what waits, of everybody, and says RESERVED only when nothing runs any more", () => {
    const world = sharedWorld();
    const [one, two] = [peerOf(world, 0), peerOf(world, 1)];
    lease(world, 1, [1, 1]);
    const running = take(world);
    lease(world, 0, [1, 1]);
    lease(world, 1, [2, 1]);
    reserve(world, 0, 7);
    expect(only(one.take(), "RETURN").map((message) => seqsOf(message.ids))).toEqual([[1]]);
    expect(only(two.take(), "RETURN").map((message) => seqsOf(message.ids))).toEqual([[2]]);
    expect(world.start()).toEqual([]);
    world.core.completed(running, 1, 1);
    world.settle();
    expect(reservedBy(one)).toEqual([7]);
  });

  test("starts only what the ventilator sends that has it, until it says RELEASE", () => {
    const world = sharedWorld();
    const two = peerOf(world, 1);
    reserve(world, 0, 1);
    two.take();
    lease(world, 1, [1, 1]);
    lease(world, 0, [1, 1]);
    expect(world.start().map(({ ventilator }) => ventilator)).toEqual([0]);
    expect(two.takeVerbs()).toEqual(["RETURN"]);
    release(world, 0, 1);
    lease(world, 1, [2, 1]);
    expect(world.start().map(({ ventilator, seq }) => [ventilator, seq])).toEqual([[1, 2]]);
  });

  test("grants the others no more than they had, and grants again after RELEASE", () => {
    const world = sharedWorld({ slots: 1 });
    const two = peerOf(world, 1);
    reserve(world, 0, 1);
    const before = two.grants.get(0)?.tasks ?? 0;
    expect(before).toBeGreaterThan(0);
    lease(world, 1, [1, before]);
    world.advance(500);
    expect(two.grants.get(0)?.tasks).toBe(before);
    release(world, 0, 1);
    expect(two.grants.get(0)?.tasks).toBeGreaterThan(before);
  });

  test("grants the one that has it what it needs, although it had used up its credit while it waited", () => {
    const world = sharedWorld({ slots: 1 });
    const two = peerOf(world, 1);
    reserve(world, 0, 1);
    const before = two.grants.get(0)?.tasks ?? 0;
    lease(world, 1, [1, before]);
    reserve(world, 1, 1);
    expect(two.grants.get(0)?.tasks).toBe(before);
    release(world, 0, 1);
    expect(reservedBy(two)).toEqual([1]);
    expect(two.grants.get(0)?.tasks).toBeGreaterThan(before);
  });

  test("is passed on in turn: who reserves it again stands behind those who wait", () => {
    const world = sharedWorld({ ventilators: 3 });
    for (const place of [0, 1, 2]) reserve(world, place, 1);
    expect(world.ventilators.map(reservedBy)).toEqual([[1], [], []]);
    reserve(world, 0, 2);
    expect(world.ventilators.map(reservedBy)).toEqual([[], [1], []]);
    release(world, 1, 1);
    expect(world.ventilators.map(reservedBy)).toEqual([[], [], [1]]);
    release(world, 2, 1);
    expect(world.ventilators.map(reservedBy)).toEqual([[2], [], []]);
  });

  test("is not told of a reservation that was withdrawn, and ignores the end of one that is past", () => {
    const world = sharedWorld();
    const [one, two] = [peerOf(world, 0), peerOf(world, 1)];
    reserve(world, 0, 1);
    reserve(world, 1, 1);
    release(world, 1, 1);
    reserve(world, 1, 2);
    release(world, 1, 1);
    expect(reservedBy(one)).toEqual([1]);
    release(world, 0, 1);
    expect(reservedBy(two)).toEqual([2]);
  });

  test("waits for a handler that was aborted, but not longer than handlers have to heed it", () => {
    const world = sharedWorld({ slots: 2 });
    const one = peerOf(world, 0);
    lease(world, 0, [1, 1]);
    take(world);
    one.send({ verb: "CANCEL", ids: ids(1, 1, originOf(0)) });
    reserve(world, 0, 1);
    world.advance(4_900);
    expect(reservedBy(one)).toEqual([]);
    world.advance(200);
    expect(reservedBy(one)).toEqual([1]);
  });
});

describe("a reservation ends", () => {
  test("when its ventilator says goodbye", () => {
    const world = sharedWorld();
    reserve(world, 0, 1);
    reserve(world, 1, 1);
    peerOf(world, 0).server.close(world.now, "done");
    world.settle();
    expect(reservedBy(peerOf(world, 1))).toEqual([1]);
  });

  test("when its ventilator stays away, and not with a cut that is healed at once", () => {
    const world = sharedWorld();
    const [one, two] = [peerOf(world, 0), peerOf(world, 1)];
    reserve(world, 0, 1);
    reserve(world, 1, 1);
    one.isCut = true;
    world.core.opened(world.now, "ventilator:0");
    world.core.opened(world.now, "ventilator:0");
    world.advance(200);
    one.isCut = false;
    world.advance(1_000);
    expect(reservedBy(two)).toEqual([]);
    one.isCut = true;
    world.advance(1_000);
    expect(reservedBy(two)).toEqual([1]);
  });

  test("when the worker leaves, which is nobody's then", () => {
    const world = sharedWorld();
    reserve(world, 0, 1);
    reservedBy(peerOf(world, 0));
    reserve(world, 1, 1);
    world.core.drain();
    world.settle();
    release(world, 0, 1);
    reserve(world, 0, 2);
    expect([...reservedBy(peerOf(world, 0)), ...reservedBy(peerOf(world, 1))]).toEqual([]);
  });
});
