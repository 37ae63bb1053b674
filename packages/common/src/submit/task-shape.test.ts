import { expect, test } from "vitest";
import { defaultPolicy, defineTask, type } from "../contract/index.ts";
import { TaskShape } from "./task-shape.ts";

const define = (options: Partial<Parameters<typeof defineTask>[0]> = {}) =>
  defineTask({ name: "t", input: type<number>(), output: type<number>(), ...options });
const policyOf = (task: ReturnType<typeof define>) =>
  new TaskShape(task, undefined).lanes.sink.definition.policy;

test("a definition that asks for nothing special sends no policy, so that the workers' one holds", () => {
  expect(policyOf(define())).toBeUndefined();
});

test("a definition that asks for something sends its policy whole", () => {
  expect(policyOf(define({ retry: { maxAttempts: 1 } }))).toEqual({ ...defaultPolicy, maxAttempts: 1 });
  const backoff = { ...defaultPolicy.backoff, initialMs: 7 };
  expect(policyOf(define({ retry: { backoff } }))).toEqual({ ...defaultPolicy, backoff });
});
