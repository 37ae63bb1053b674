import { expect, test } from "vitest";
import { idsOf, origin, TestBed } from "./ventilator-core.test-support.ts";

test("a worker that was only away takes its crash with it when it comes back", () => {
  const bed = new TestBed();
  bed.submit(1, 1);
  const lost = bed.worker("lost");
  lost.isAlive = false;
  bed.pass(350);
  const away = bed.worker("away");
  expect(away.tasks).toBe("1#2");
  away.held = { epoch: 7, ids: idsOf(origin, [1]), attempts: { at: [0], values: [2] } };
  away.isAlive = false;
  bed.pass(350);
  expect(bed.eventsOf("task.crashed")).toMatchObject([{ crashes: 1 }]);
  away.isAlive = true;
  bed.pass(200);
  expect(bed.core.stats().leased).toBe(1);
  // It runs nothing else, and dies with it after all: a suspect again, and the next death alone is the first that counts.
  away.isAlive = false;
  bed.pass(350);
  const next = bed.worker("next");
  expect(next.tasks).toBe("1#3");
  next.isAlive = false;
  bed.pass(350);
  expect(bed.eventsOf("task.crashed")).toMatchObject([{ crashes: 1 }, { crashes: 1 }]);
  expect(bed.sink.proposals).toEqual([]);
});
