import { encodeValue } from "@tq/common/wire";
import { expect, test } from "vitest";
import { AttemptErrors, attemptErrorLimits } from "./attempt-errors.ts";
import type { AttemptError } from "./journal/journal-port.ts";
import type { TaskTrouble } from "./task-batch.ts";

const troubled = (): TaskTrouble => ({
  failures: 0,
  crashes: new Set(),
  suspicion: "none",
  keptApart: 0,
  errors: [],
  dueAt: undefined,
  isExpired: false,
  proposed: undefined,
});
const failed = (attempt: number, stack = "at a\n"): AttemptError => {
  const cause = { name: "Error", message: "why", stack };
  return { attempt, worker: "w", at: attempt, error: { name: "RangeError", message: "no", stack, cause } };
};

test("the last ten are kept, with short stacks and messages, causes too", () => {
  const errors = new AttemptErrors();
  const trouble = troubled();
  for (let attempt = 1; attempt <= 12; attempt++) errors.keep(trouble, failed(attempt, "x".repeat(10_000)));
  expect(trouble.errors.map(({ attempt }) => attempt)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const last = trouble.errors.at(-1)?.error;
  expect(last?.stack).toHaveLength(attemptErrorLimits.stackCharsMax);
  expect(last?.cause?.stack).toHaveLength(attemptErrorLimits.stackCharsMax);
  const message = "y".repeat(10_000);
  errors.keep(trouble, { ...failed(13), error: { name: "E", message, cause: { name: "E", message } } });
  const longest = trouble.errors.at(-1)?.error;
  expect(longest?.message).toHaveLength(attemptErrorLimits.messageCharsMax);
  expect(longest?.cause?.message).toHaveLength(attemptErrorLimits.messageCharsMax);
});

test("no text is cut within a character: half of one can neither be written nor sent", () => {
  const trouble = troubled();
  const text = `-${"\u{1f600}".repeat(5_000)}`;
  const error = { name: "E", message: text, stack: text, cause: { name: "E", message: text } };
  for (const errors of [new AttemptErrors(), new AttemptErrors(0)]) {
    errors.keep(trouble, { ...failed(1), error });
    const kept = trouble.errors.at(-1)?.error;
    for (const part of [kept?.message, kept?.stack, kept?.cause?.message])
      expect(part?.isWellFormed() ?? true).toBe(true);
    expect(() => encodeValue(trouble.errors)).not.toThrow();
  }
});

test("beyond the bound a task keeps its latest error in short, and what is settled makes room", () => {
  const errors = new AttemptErrors(20_000);
  const [first, second] = [troubled(), troubled()];
  const long = "x".repeat(attemptErrorLimits.stackCharsMax);
  errors.keep(first, failed(1, long));
  errors.keep(second, failed(1, long));
  errors.keep(second, failed(2, long));
  expect(second.errors).toEqual([
    { attempt: 2, worker: "w", at: 2, error: { name: "RangeError", message: "no" } },
  ]);
  errors.forget(first);
  errors.keep(second, failed(3, long));
  expect(second.errors.map(({ error }) => error.stack?.length)).toEqual([
    undefined,
    attemptErrorLimits.stackCharsMax,
  ]);
  errors.forget(second);
  expect(errors.chars).toBe(0);
});

test("a crash that was none is taken back", () => {
  const errors = new AttemptErrors();
  const trouble = troubled();
  errors.keep(trouble, failed(1));
  errors.keep(trouble, failed(2));
  errors.withdraw(trouble, 1);
  errors.withdraw(trouble, 7);
  expect(trouble.errors.map(({ attempt }) => attempt)).toEqual([2]);
  errors.forget(trouble);
  expect(errors.chars).toBe(0);
});
