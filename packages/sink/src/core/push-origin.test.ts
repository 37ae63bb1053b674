import { expect, test } from "vitest";
import { PushOrigin } from "./push-origin.ts";

const patience = { idleMs: 100, busyMs: 1_000 };
const nothing = (): number => 0;
const run = (first: number, count = 1) => ({ origin: "00000000000000aa", first, count });

test("takes each seq once, however it is cut into runs", () => {
  const origin = new PushOrigin(0, 1);
  expect(origin.arrive(0, run(1, 4))).toEqual([1, 4]);
  expect(origin.arrive(0, run(3, 4))).toEqual([5, 1, 6, 1]);
  expect(origin.arrive(0, run(1, 6))).toEqual([]);
});

test("says at once that nothing is missing, when all came and no worker has anything left", () => {
  const origin = new PushOrigin(0, 1);
  origin.arrive(0, run(1, 5));
  origin.announce(0, 5, true);
  expect(origin.lastWord(0, patience, nothing)).toEqual({ through: 5, missing: 0, change: 0 });
  expect(origin.lastWord(10_000, patience, nothing)).toBeUndefined();
  expect(origin.wakeAt(patience)).toBe(Number.POSITIVE_INFINITY);
});

test("waits for the others as long as one comes now and then, and then counts them", () => {
  const origin = new PushOrigin(0, 1);
  origin.announce(0, 5, true);
  origin.arrive(90, run(1, 2));
  origin.arrive(180, run(4));
  expect(origin.wakeAt(patience)).toBe(280);
  expect(origin.lastWord(279, patience, nothing)).toBeUndefined();
  expect(origin.lastWord(280, patience, nothing)).toEqual({ through: 5, missing: 2, change: 2 });
});

test("waits long where workers may still have some of it", () => {
  const origin = new PushOrigin(0, 1);
  origin.arrive(0, run(1, 2));
  origin.announce(50, 3, false);
  expect(origin.lastWord(1_049, patience, nothing)).toBeUndefined();
  expect(origin.lastWord(1_050, patience, nothing)).toEqual({ through: 3, missing: 1, change: 1 });
});

test("does not count the time in which nothing was read", () => {
  const origin = new PushOrigin(0, 1);
  origin.announce(0, 1, true);
  origin.wasHeld(5_000);
  expect(origin.lastWord(5_099, patience, nothing)).toBeUndefined();
});

test("takes what comes late once, and says the smaller number then", () => {
  const origin = new PushOrigin(0, 1);
  origin.announce(0, 4, true);
  origin.arrive(0, run(1));
  expect(origin.lastWord(100, patience, nothing)).toMatchObject({ missing: 3 });
  expect(origin.arrive(200, run(1, 3))).toEqual([2, 1, 3, 1]);
  expect(origin.arrive(200, run(2, 2))).toEqual([]);
  expect(origin.lateCount).toBe(2);
  expect(origin.lastWord(300, patience, nothing)).toEqual({ through: 4, missing: 1, change: -2 });
});

test("counts on: what is announced later is missing beside what was", () => {
  const origin = new PushOrigin(0, 1);
  origin.announce(0, 3, true);
  expect(origin.lastWord(100, patience, nothing)).toEqual({ through: 3, missing: 3, change: 3 });
  origin.announce(200, 5, true);
  origin.arrive(200, run(5));
  expect(origin.lastWord(300, patience, nothing)).toEqual({ through: 5, missing: 4, change: 1 });
});

test("leaves out what has an outcome that came another way", () => {
  const origin = new PushOrigin(0, 1);
  origin.announce(0, 10, true);
  expect(
    origin.lastWord(100, patience, (first, count) => (first === 1 && count === 10 ? 4 : 0)),
  ).toMatchObject({
    missing: 6,
  });
});

test("says again what it said, to whoever announces the same again", () => {
  const origin = new PushOrigin(0, 1);
  origin.announce(0, 2, true);
  origin.lastWord(100, patience, nothing);
  origin.announce(200, 2, true);
  expect(origin.lastWord(200, patience, nothing)).toEqual({ through: 2, missing: 2, change: 0 });
});

test("waits for nothing below a low mark, and takes what comes below it once, without a word", () => {
  const origin = new PushOrigin(0, 11);
  expect(origin.arrive(0, run(9, 4))).toEqual([9, 1, 10, 1, 11, 2]);
  origin.raise(21);
  expect(origin.arrive(0, run(9, 5))).toEqual([13, 1]);
  origin.announce(0, 22, true);
  expect(origin.lastWord(100, patience, nothing)).toEqual({ through: 22, missing: 2, change: 2 });
  expect(origin.arrive(200, run(13, 2))).toEqual([14, 1]);
  expect(origin.owesWord).toBe(false);
  expect(origin.lateCount).toBe(0);
});

test("keeps its count of the missing when there are too many gaps to remember", () => {
  const origin = new PushOrigin(0, 1);
  for (let seq = 1; seq <= 20_000; seq += 2) origin.arrive(0, run(seq));
  origin.announce(0, 20_000, true);
  expect(origin.lastWord(100, patience, nothing)).toMatchObject({ missing: 10_000 });
  expect(origin.arrive(100, run(2))).toEqual([]);
  expect(origin.arrive(100, run(20_000))).toEqual([20_000, 1]);
  expect(origin.lastWord(200, patience, nothing)).toMatchObject({ missing: 9_999 });
});
