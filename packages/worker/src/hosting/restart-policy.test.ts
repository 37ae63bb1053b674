import { expect, test } from "vitest";
import { RestartPolicy } from "./restart-policy.ts";

const limits = { firstDelayMs: 100, delayMsMax: 1_000, soundAfterMs: 30_000, deathsMax: 6 };

test("deaths in a row are spaced out, up to a limit, and then given up", () => {
  const policy = new RestartPolicy(limits);
  const delays = Array.from({ length: 7 }, () => policy.died(50));
  expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000, undefined]);
});

test("a process that lived long starts the count anew", () => {
  const policy = new RestartPolicy(limits);
  policy.died(50);
  policy.died(50);
  expect(policy.died(30_000)).toBe(100);
  expect(policy.died(29_999)).toBe(200);
});
