import { expect, test } from "vitest";
import { WallClock } from "./wall-clock.ts";

test("instants outlive a start; a wall clock that jumps in between shifts all of them by as much", () => {
  let monotonic = 5_000;
  let wall = 1_700_000_000_000;
  const before = new WallClock(
    () => monotonic,
    () => wall,
  );
  const [accepted, due] = [before.toWall(4_000), before.toWall(65_000)];
  // Another start, 30 s later.
  monotonic = 100;
  wall += 30_000;
  const after = new WallClock(
    () => monotonic,
    () => wall,
  );
  expect(after.fromWall(due)).toBe(30_100);
  expect(after.fromWall(accepted)).toBe(-30_900);
  wall += 3_600_000;
  expect(after.fromWall(due) - after.fromWall(accepted)).toBe(61_000);
  expect(after.fromWall(due)).toBe(30_100 - 3_600_000);
});
