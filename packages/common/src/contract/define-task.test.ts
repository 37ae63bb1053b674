import { expect, test } from "vitest";
import { z } from "zod";
import { defineTask, isTask, parseContractId, parseTaskName } from "./define-task.ts";
import { isTqError } from "./is-tq-error.ts";
import { type } from "./schema.ts";
import { defaultPolicy, parsePolicy } from "./task-policy.ts";

const minimal = { name: "square", input: type<number>(), output: type<number>() };

/** The message with which the definition is refused. Options come untyped, as from a plain JavaScript file. */
function refusal(options: object): string {
  try {
    defineTask(options as typeof minimal);
  } catch (error) {
    if (isTqError(error, "TQ_ERR_INVALID_TASK")) return error.message;
    throw error;
  }
  throw new Error("the definition was taken");
}

test("a definition that says nothing has the defaults, and matches any worker", () => {
  expect(defineTask(minimal)).toEqual({
    ...minimal,
    progress: undefined,
    contractId: undefined,
    delivery: "at-least-once",
    policy: {
      maxAttempts: 3,
      crashLimit: 3,
      timeoutMs: 900_000,
      backoff: { initialMs: 100, factor: 2, maxMs: 30_000, jitter: 0.5 },
    },
  });
});

test("what a definition says goes into its policy, the rest stays default", () => {
  const { policy } = defineTask({
    ...minimal,
    retry: { maxAttempts: 1, backoff: { jitter: 0 } },
    timeoutMs: 5_000,
    crashLimit: 1,
  });
  expect(policy).toEqual({
    maxAttempts: 1,
    crashLimit: 1,
    timeoutMs: 5_000,
    backoff: { ...defaultPolicy.backoff, jitter: 0 },
  });
});

test("a first wait beyond the default longest one raises that", () => {
  const { policy } = defineTask({ ...minimal, retry: { backoff: { initialMs: 60_000 } } });
  expect(policy.backoff.maxMs).toBe(60_000);
});

test("a definition may ask for delivery at most once, and for nothing else that is not a delivery", () => {
  expect(defineTask({ ...minimal, delivery: "at-most-once" }).delivery).toBe("at-most-once");
  expect(refusal({ ...minimal, delivery: "exactly-once" })).toContain(
    'delivery must be "at-least-once" or "at-most-once"',
  );
});

test.each([
  ["an empty name", { name: "" }, "1 to 128 characters"],
  ["a name of 129 characters", { name: "x".repeat(129) }, "1 to 128 characters"],
  ["a name with a space", { name: "count words" }, '"count words"'.replaceAll('"', "")],
  ["a name with a line end", { name: "square\n" }, "1 to 128 characters"],
  ["no name", { name: undefined }, "not undefined"],
  [
    "an input that is no schema",
    { input: { path: "string" } },
    'defineTask("square"): input must be a Standard Schema',
  ],
  ["no output", { output: undefined }, "output must be a Standard Schema"],
  ["a progress that is no schema", { progress: Number }, "progress must be a Standard Schema"],
  ["an empty version", { version: "" }, "version: a contract id is 1 to 64"],
  ["a mistyped option", { retries: 3 }, 'unknown option "retries"; known are name, input'],
  ["a mistyped retry option", { retry: { attempts: 3 } }, 'retry: unknown option "attempts"'],
  ["a mistyped backoff option", { retry: { backoff: { min: 3 } } }, 'retry.backoff: unknown option "min"'],
  ["no attempts", { retry: { maxAttempts: 0 } }, "maxAttempts must be a whole number from 1 to 1000, not 0"],
  ["too many attempts", { retry: { maxAttempts: 1001 } }, "not 1001"],
  ["half an attempt", { retry: { maxAttempts: 1.5 } }, "not 1.5"],
  ["a crash limit of none", { crashLimit: 0 }, "crashLimit must be"],
  ["no time", { timeoutMs: 0 }, "timeoutMs must be"],
  ["more time than a timer holds", { timeoutMs: 2 ** 31 }, "timeoutMs must be"],
  ["endless time", { timeoutMs: Number.POSITIVE_INFINITY }, "not Infinity"],
  ["time as text", { timeoutMs: "30s" }, "not 30s"],
  ["waits that shrink", { retry: { backoff: { factor: 0.5 } } }, "backoff.factor must be"],
  ["waits that are no number", { retry: { backoff: { factor: Number.NaN } } }, "not NaN"],
  ["more than all of it random", { retry: { backoff: { jitter: 1.1 } } }, "backoff.jitter must be"],
  [
    "a longest wait below the first",
    { retry: { backoff: { initialMs: 50, maxMs: 10 } } },
    "backoff.maxMs (10) must be at least backoff.initialMs (50)",
  ],
])("refuses %s, and says what is right", (_what, options, message) => {
  expect(refusal({ ...minimal, ...options })).toContain(message);
});

test("takes both ends of every range", () => {
  const ends = [
    {
      maxAttempts: 1,
      crashLimit: 1,
      timeoutMs: 1,
      backoff: { initialMs: 1, factor: 1, maxMs: 1, jitter: 0 },
    },
    {
      maxAttempts: 1_000,
      crashLimit: 1_000,
      timeoutMs: 2 ** 31 - 1,
      backoff: { initialMs: 2 ** 31 - 1, factor: 100, maxMs: 2 ** 31 - 1, jitter: 1 },
    },
  ];
  for (const policy of ends) expect(parsePolicy(policy)).toEqual({ ok: true, value: policy });
});

test("takes the longest names, and schemas that are functions", () => {
  const schema = Object.assign(() => true, type<number>());
  const name = `A-z0.9_:/${"x".repeat(119)}`;
  expect(defineTask({ name, input: schema, output: schema, version: "v".repeat(64) })).toMatchObject({
    name,
    contractId: "v".repeat(64),
  });
});

test("a contract comes from the schemas where the library describes them", () => {
  const task = defineTask({ ...minimal, input: z.object({ path: z.string() }) });
  expect(task.contractId).toMatch(/^[0-9a-f]{16}$/);
});

test("only what defineTask made is a task, and it cannot be changed afterwards", () => {
  const task = defineTask(minimal);
  expect([task, { ...task }, undefined, "square"].map(isTask)).toEqual([true, false, false, false]);
  expect(Object.isFrozen(task) && Object.isFrozen(task.policy) && Object.isFrozen(task.policy.backoff)).toBe(
    true,
  );
});

test("what a peer announces is held to the same ranges, and fields from its future are left out", () => {
  expect(parsePolicy({ ...defaultPolicy, affinity: 1 })).toEqual({ ok: true, value: defaultPolicy });
  const refusals = [
    null,
    [],
    "x",
    {},
    { ...defaultPolicy, backoff: null },
    { ...defaultPolicy, timeoutMs: -1 },
  ];
  for (const value of refusals) expect(parsePolicy(value).ok).toBe(false);
  expect(parseTaskName("a b").ok || parseContractId(7).ok).toBe(false);
});
