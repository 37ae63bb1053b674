import { expect, test } from "vitest";
import { WindowTuner } from "./window-tuner.ts";

const limits = { targetMs: 20, minTasks: 4, maxTasks: 1_000 };

const afterSteadyWork = (tasksPerMs: number, spanMs: number): WindowTuner => {
  const tuner = new WindowTuner(limits);
  for (let now = 0; now <= spanMs; now++) tuner.settled(now, tasksPerMs, true);
  return tuner;
};

test("holds 20 ms of work at the measured rate", () => {
  expect(afterSteadyWork(10, 200).tasks).toBeGreaterThanOrEqual(200);
  expect(afterSteadyWork(10, 200).tasks).toBeLessThanOrEqual(240);
});

test("at most doubles per measurement", () => {
  expect(afterSteadyWork(1_000, 5).tasks).toBeLessThanOrEqual(8);
});

test("stays between one per slot and the limit", () => {
  expect(afterSteadyWork(0.01, 500).tasks).toBe(4);
  expect(afterSteadyWork(10_000, 500).tasks).toBe(1_000);
});

test("an idle span is not taken for slow work", () => {
  const tuner = afterSteadyWork(10, 200);
  const before = tuner.tasks;
  tuner.settled(10_000, 0, false);
  tuner.settled(10_001, 10, true);
  expect(tuner.tasks).toBe(before);
});
