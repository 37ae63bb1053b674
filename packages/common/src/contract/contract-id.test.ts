import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contractIdOf, fnv1a64 } from "./contract-id.ts";
import { type Schema, type } from "./schema.ts";

const idOf = (input: Schema, output: Schema = z.number()) =>
  contractIdOf({ version: undefined, input, output });

/** A schema of a library that offers a JSON Schema of its own making. */
function describedBy(jsonSchema: () => unknown): Schema {
  const standard = { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } as const;
  return { "~standard": { ...standard, jsonSchema: { input: jsonSchema } } } as Schema;
}

// From the authors' own list of test values.
test.each([
  ["", "cbf29ce484222325"],
  ["a", "af63dc4c8601ec8c"],
  ["foobar", "85944171f73967e8"],
])("FNV-1a 64 of %j is the published one", (text, hash) => {
  expect(fnv1a64(text)).toBe(hash);
});

test("an explicit version is the contract id", () => {
  expect(contractIdOf({ version: "2026-11", input: z.string(), output: z.number() })).toBe("2026-11");
});

test("the hash is the documented one, of canonical JSON", () => {
  const documented = '{"input":{"type":"string"},"output":{"type":"number"}}';
  expect(idOf(z.string())).toBe(fnv1a64(documented));
});

describe("a different contract", () => {
  const base = idOf(z.object({ path: z.string() }));

  test.each([
    ["a field of another type", idOf(z.object({ path: z.number() }))],
    ["a field more", idOf(z.object({ path: z.string(), size: z.number() }))],
    ["a required field made optional", idOf(z.object({ path: z.string().optional() }))],
    ["another output", idOf(z.object({ path: z.string() }), z.string())],
  ])("%s", (_change, id) => {
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(id).not.toBe(base);
  });

  test("a field that is named like an annotation", () => {
    expect(idOf(z.object({ title: z.string() }))).not.toBe(idOf(z.object({ title: z.number() })));
  });

  test("a literal that is an object with a key named like an annotation", () => {
    const literal = (title: string) => describedBy(() => ({ const: { title } }));
    expect(idOf(literal("a"))).not.toBe(idOf(literal("b")));
  });
});

describe("the same contract", () => {
  const base = idOf(z.object({ path: z.string(), size: z.number() }));

  test("fields in another order", () => {
    expect(idOf(z.object({ size: z.number(), path: z.string() }))).toBe(base);
  });

  test("another description", () => {
    expect(idOf(z.object({ path: z.string().describe("where"), size: z.number() }).describe("a file"))).toBe(
      base,
    );
  });

  test("another default or transform at the receiver", () => {
    expect(idOf(z.string().default("a"))).toBe(idOf(z.string().default("b")));
    expect(idOf(z.string().transform(Number))).toBe(idOf(z.string()));
  });
});

test("unknown where neither schema has a JSON Schema", () => {
  expect(idOf(type<string>(), z.date())).toBeUndefined();
});

test("one schema without a JSON Schema leaves the other to tell contracts apart", () => {
  const ids = [idOf(z.string(), type<number>()), idOf(z.number(), type<number>())];
  expect(new Set(ids).size).toBe(2);
  expect(ids).not.toContain(undefined);
});

test("a library that throws or answers in a circle counts as one without JSON Schemas", () => {
  const circle: Record<string, unknown> = {};
  circle.not = circle;
  const throwing = describedBy(() => {
    throw new Error("cannot say this");
  });
  expect(
    idOf(
      throwing,
      describedBy(() => circle),
    ),
  ).toBeUndefined();
});
