/** Each guard that is taken out is missed within the seeds that the tests run: else nothing shows that it is needed. */
import { expect, test } from "vitest";
import { mutants } from "./mutants/index.ts";
import { firstToCatch } from "./seeds.ts";

test.each(mutants.map(({ name, about }) => [name, about] as const))("%s is caught: %s", (name) => {
  const mutant = mutants.find((candidate) => candidate.name === name);
  const caught = mutant && firstToCatch(mutant, { from: 1, to: 300 });
  expect(caught?.problems.length).toBeGreaterThan(0);
});
