import { expect, test } from "vitest";
import { PushTallies } from "./push-tallies.ts";

const processOf = (digit: number, ...names: string[]) => ({
  bootId: `000000000000000${digit}`,
  definitions: names.map((name) => ({ name })),
});

const one = processOf(1, "a", "b");
const two = processOf(2, "b");

const say = (
  tallies: PushTallies,
  worker: ReturnType<typeof processOf>,
  { counts = [], strays = 0 }: { counts?: readonly number[]; strays?: number },
): boolean => tallies.heard(0, worker, { counts, strays });

test("add up by name over all processes, whatever the place of a name in their lists", () => {
  const tallies = new PushTallies();
  say(tallies, one, { counts: [0, 5, 3, 1, 10, 10] });
  say(tallies, two, { counts: [0, 7, 2] });
  expect([tallies.overOf("a"), tallies.overOf("b"), tallies.overOf("c")]).toEqual([3, 12, 0]);
  expect([tallies.read, tallies.over]).toEqual([22, 15]);
  expect([tallies.hasNothing(one.bootId), tallies.hasNothing("0000000000000009")]).toEqual([false, true]);
});

test("only grow: what is said again, or late, or of a place that is not there, changes nothing", () => {
  const tallies = new PushTallies();
  expect(say(tallies, one, { counts: [0, 5, 3] })).toBe(true);
  expect(say(tallies, one, { counts: [0, 5, 3] })).toBe(false);
  expect(say(tallies, one, { counts: [0, 4, 1] })).toBe(false);
  expect(say(tallies, one, { counts: [7, 50, 50] })).toBe(false);
  expect([tallies.read, tallies.over]).toEqual([5, 3]);
  // More settled than read is no more than read.
  say(tallies, one, { counts: [0, 6, 60] });
  expect([tallies.read, tallies.over]).toEqual([6, 6]);
});

test("of a process that is gone: what it had read is over, until it turns out to live", () => {
  const tallies = new PushTallies();
  say(tallies, one, { counts: [0, 10, 4] });
  tallies.gone(one.bootId);
  tallies.gone(one.bootId);
  expect([tallies.overOf("a"), tallies.over, tallies.read]).toEqual([10, 10, 10]);
  say(tallies, one, { counts: [0, 10, 6] });
  expect([tallies.overOf("a"), tallies.over, tallies.read]).toEqual([6, 6, 10]);
});

test("count strays as read and over, under no name", () => {
  const tallies = new PushTallies();
  say(tallies, one, { strays: 3 });
  say(tallies, one, { strays: 5 });
  expect([tallies.read, tallies.over, tallies.overOf("a")]).toEqual([5, 5, 0]);
});
