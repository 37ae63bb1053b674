import { expect, test } from "vitest";
import { type PauseRule, PauseRules, pauseLimits } from "./pause-rules.ts";

const rulesOf = (...rules: Partial<PauseRule>[]): PauseRules => {
  const made = new PauseRules();
  for (const rule of rules) made.add({ command: "pause", tags: [], ...rule });
  return made;
};

test("of the commands that match a worker and a task the last one counts", () => {
  const rules = rulesOf({ tags: ["gpu"] }, { command: "resume", task: "render" });
  expect(rules.isPaused(["gpu", "big"], "train")).toBe(true);
  expect(rules.isPaused(["gpu"], "render")).toBe(false);
  expect(rules.isPaused(["big"], "train")).toBe(false);
  rules.add({ command: "pause", task: "render", tags: [] });
  expect(rules.isPaused([], "render")).toBe(true);
});

test("a worker needs all tags that a command names", () => {
  const rules = rulesOf({ tags: ["gpu", "big"] });
  expect(rules.isPaused(["big", "gpu", "new"], "any")).toBe(true);
  expect(rules.isPaused(["gpu"], "any")).toBe(false);
});

test("a command replaces earlier ones that match nothing else, and leaves those that match more", () => {
  const rules = rulesOf({ task: "a" }, { task: "a", tags: ["gpu"] }, { tags: ["big"] });
  rules.add({ command: "resume", task: "a", tags: [] });
  expect(rules.list).toEqual([
    { command: "pause", tags: ["big"] },
    { command: "resume", task: "a", tags: [] },
  ]);
  rules.add({ command: "resume", tags: [] });
  expect(rules.list).toEqual([]);
});

test("what is resumed and was not paused is not kept", () => {
  expect(rulesOf({ command: "resume", task: "a" }).list).toEqual([]);
});

test("keeps a bounded number of commands, resumptions too, and takes what replaces one or all of them", () => {
  const rules = rulesOf({});
  const { pausesMax } = pauseLimits;
  const resume = (task: string): boolean => rules.add({ command: "resume", task, tags: [] });
  for (let count = 1; count < pausesMax; count++) expect(resume(`task-${count}`)).toBe(true);
  expect(resume("one-more")).toBe(false);
  expect(rules.isPaused([], "one-more")).toBe(true);
  expect(rules.add({ command: "pause", task: "task-1", tags: [] })).toBe(true);
  expect(rules.list).toHaveLength(pausesMax);
  expect(rules.add({ command: "resume", tags: [] })).toBe(true);
  expect(rules.list).toEqual([]);
});
