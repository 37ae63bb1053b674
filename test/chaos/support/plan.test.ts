import { expect, test } from "vitest";
import { roles } from "../processes/role-options.ts";
import { usualSize } from "./fleet-size.ts";
import { drawPlan } from "./plan.ts";

const planOf = (seed: number, durationMs = 60_000) =>
  drawPlan({ seed, durationMs, size: usualSize, killable: roles });

test("a seed stands for the same blows, and another one for others", () => {
  expect(planOf(7)).toEqual(planOf(7));
  expect(planOf(7)).not.toEqual(planOf(8));
});

test("ten minutes have a hundred kills and more, of each role some, and every other blow", () => {
  const plan = planOf(1, 600_000);
  const killed = plan.flatMap((strike) => (strike.kind === "kill" ? [strike.target.role] : []));
  expect(killed.length).toBeGreaterThan(150);
  expect(new Set(killed)).toEqual(new Set(roles));
  expect(new Set(plan.map(({ kind }) => kind)).size).toBe(11);
});

test("who may not be killed is not", () => {
  const plan = drawPlan({ seed: 3, durationMs: 600_000, size: usualSize, killable: ["worker"] });
  const killed = plan.flatMap((strike) => (strike.kind === "kill" ? [strike.target.role] : []));
  expect(new Set(killed)).toEqual(new Set(["worker"]));
});
