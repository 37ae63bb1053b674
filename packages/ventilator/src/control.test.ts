import { defineTask, type } from "@tq/common";
import { expect, test } from "vitest";
import { type ControlOptions, checkControl } from "./control.ts";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });

test("a task is meant by its definition or its name; what is left out has a default", () => {
  const whole = { command: "pause", task: "square", tags: [], timeoutMs: 5_000 };
  expect(checkControl("pause", { task: square })).toEqual(whole);
  expect(checkControl("pause", { task: "square" })).toEqual(whole);
  expect(checkControl("drain", { tags: ["gpu"], timeoutMs: 0 })).toEqual({
    command: "drain",
    task: undefined,
    tags: ["gpu"],
    timeoutMs: 0,
  });
});

test.each([
  ["stop", {}, /"pause", "resume" or "drain"; got stop/],
  ["pause", { tag: ["gpu"] }, /unknown option "tag"; known are task, tags, timeoutMs/],
  ["pause", null, /takes an object of options/],
  ["pause", { task: "" }, /task is what defineTask gave, or a name/],
  ["pause", { task: { name: "square" } }, /task is what defineTask gave, or a name/],
  ["drain", { task: "square" }, /drain takes no task.*Pause the task, or choose workers by tags/],
  ["pause", { tags: "gpu" }, /tags is a list/],
  ["pause", { tags: [""] }, /tags is a list/],
  ["pause", { timeoutMs: -1 }, /timeoutMs is a whole number of milliseconds from 0; got -1/],
  ["pause", { timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs is a whole number/],
])("refuses %s %o, and says what would be right", (command, options, message) => {
  const check = () => checkControl(command as "pause", options as ControlOptions);
  expect(check).toThrow(message);
  expect(check).toThrow(expect.objectContaining({ code: "TQ_ERR_INVALID_OPTION" }));
});
