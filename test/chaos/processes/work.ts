/**
 * The task of a run. What becomes of an input follows from it alone, so that whoever keeps the accounts can tell a wrong
 * output from a right one, and a lost attempt from one that was meant to fail.
 */
import { setTimeout as pause } from "node:timers/promises";
import { defineTask, handler, type } from "@tq/worker";

export const work = defineTask({
  name: "work",
  input: type<number>(),
  output: type<number>(),
  retry: { maxAttempts: 2, backoff: { initialMs: 20, factor: 1, maxMs: 20, jitter: 0 } },
});

type Kind = "plain" | "fails once" | "fails";

export function kindOf(input: number): Kind {
  if (input % 97 === 0) return "fails";
  return input % 53 === 0 ? "fails once" : "plain";
}

export const outputOf = (input: number): number => 2 * input + 1;

/** Attempts that it takes where none is lost. */
export const attemptsOf = (input: number): number => (kindOf(input) === "plain" ? 1 : 2);

export const working = handler(work, async (input, { attempt }) => {
  await pause(input % 7);
  const kind = kindOf(input);
  if (kind === "fails" || (kind === "fails once" && attempt === 1)) throw new Error(`${input} ${kind}`);
  return outputOf(input);
});
