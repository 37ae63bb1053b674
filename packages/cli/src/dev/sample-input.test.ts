import { defineTask, type } from "@tq/common";
import { validate } from "@tq/common/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { sampleInput } from "./sample-input.ts";

const define = (input: z.ZodType) => defineTask({ name: "sampled", input, output: z.unknown() });

const tree = z.object({
  name: z.string(),
  get children() {
    return z.array(tree);
  },
});

test.each<[string, z.ZodType]>([
  ["a number in a range", z.int().gt(4).lt(9).multipleOf(3)],
  ["a text of a length", z.string().min(6).max(8)],
  ["a format", z.email()],
  ["an object with optional fields", z.object({ path: z.string(), width: z.number().optional() })],
  [
    "a union by a tag",
    z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") }), z.object({ kind: z.literal("b") })]),
  ],
  [
    "an array, a tuple and an enum",
    z.object({ a: z.array(z.boolean()).min(2), t: z.tuple([z.null(), z.enum(["x"])]) }),
  ],
  ["what contains itself", z.object({ root: tree.pick({ name: true }) })],
  ["both of two", z.intersection(z.object({ a: z.number() }), z.object({ b: z.string() }))],
])("fits its schema: %s", async (_, input) => {
  const task = define(input);
  const sample = await sampleInput(task);
  expect(sample).toBeDefined();
  expect(await validate(task.input, JSON.parse(sample ?? ""))).toMatchObject({ ok: true });
});

test("takes an example or a default that the schema gives", async () => {
  expect(await sampleInput(define(z.string().meta({ examples: ["Mary"] })))).toBe('"Mary"');
  expect(await sampleInput(define(z.object({ n: z.number().default(5) })))).toMatch(/^\{("n":5)?\}$/);
});

test.each<[string, z.ZodType]>([
  ["a pattern", z.string().regex(/^[A-Z]{3}\d{4}$/)],
  ["a check of its own", z.number().refine((n) => n === 77)],
  ["what JSON Schema cannot say", z.date()],
])("is left out where none is found: %s", async (_, input) => {
  expect(await sampleInput(define(input))).toBeUndefined();
});

test("is left out where only the compiler knows the type", async () => {
  const task = defineTask({ name: "typed", input: type<number>(), output: type<number>() });
  expect(await sampleInput(task)).toBeUndefined();
});
