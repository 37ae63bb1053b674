import { expect, test } from "vitest";
import { PushWindow } from "./push-window.ts";

/** Sends all there is room for. */
function fill(window: PushWindow): number {
  const { room } = window;
  window.sent += room;
  expect(window.room).toBe(0);
  return room;
}

test("begins at two tasks for each slot, and grows with the slots that are there", () => {
  const window = new PushWindow("work", 0);
  expect(window.room).toBe(2);
  window.setSlots(0, 4);
  expect(fill(window)).toBe(8);
  window.setSlots(0, 6);
  expect(window.room).toBe(4);
});

test("doubles when it was used up and all of it is settled, and not when there was room to spare", () => {
  const window = new PushWindow("work", 0);
  window.setSlots(0, 4);
  window.sent = 5;
  expect(window.room).toBe(3);
  window.settledUpTo(5);
  expect(window.tasks).toBe(8);
  fill(window);
  window.settledUpTo(12);
  expect(window.tasks).toBe(8);
  window.settledUpTo(window.sent);
  expect(window.tasks).toBe(16);
});

test("gives way a little where a worker has a free slot, once for each time it was used up, and when that has had time to arrive", () => {
  const window = new PushWindow("work", 0);
  window.setSlots(0, 2);
  window.starved(100, 2);
  expect(window.tasks).toBe(4);
  fill(window);
  window.starved(10, 2);
  expect(window.tasks).toBe(4);
  window.starved(100, 2);
  window.starved(200, 2);
  expect(window.tasks).toBe(6);
  fill(window);
  window.starved(120, 2);
  expect(window.tasks).toBe(6);
});

test("halves while it holds more than two seconds' worth of slow work, down to two for each slot", () => {
  const window = new PushWindow("work", 0);
  window.setSlots(0, 2);
  for (let round = 0; round < 5; round++) {
    fill(window);
    window.settledUpTo(window.sent);
  }
  expect(window.tasks).toBe(128);
  fill(window);
  for (let second = 1; second <= 8; second++) {
    window.settledUpTo(window.over + 1);
    window.review(1_000 * second);
  }
  expect(window.tasks).toBe(4);
});

test("stays as it is while the work in it takes less than two seconds", () => {
  const window = new PushWindow("work", 0);
  window.setSlots(0, 5);
  for (let round = 0; round < 2; round++) {
    fill(window);
    window.settledUpTo(window.sent);
  }
  window.review(1_000);
  fill(window);
  window.settledUpTo(window.over + 20);
  window.review(2_000);
  expect(window.tasks).toBe(40);
});

test("is free again of what nobody has; what turns out to be settled later counts once", () => {
  const window = new PushWindow("work", 0);
  window.setSlots(0, 5);
  fill(window);
  window.settledUpTo(4);
  expect(window.writeOff()).toBe(6);
  expect([window.inFlight, window.writeOff()]).toEqual([0, 0]);
  window.settledUpTo(10);
  expect(window.inFlight).toBe(0);
  window.sent += 3;
  expect(window.inFlight).toBe(3);
});
