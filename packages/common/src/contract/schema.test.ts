import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contractLimits } from "./limits.ts";
import { formatIssues, invalidInputError, isTypeOnly, type Schema, type, validate } from "./schema.ts";

/** A schema that does just this when asked. */
function schemaThat(answer: () => unknown): Schema {
  const standard = { version: 1, vendor: "test", validate: answer };
  return { "~standard": standard } as unknown as Schema;
}

test("a synchronous schema answers at once, with what it made of the value", () => {
  const schema = z.object({ n: z.number().default(7), s: z.string().transform(Number) });
  expect(validate(schema, { s: "5" })).toEqual({ ok: true, value: { n: 7, s: 5 } });
});

test("an asynchronous schema answers with a promise", async () => {
  const even = z.number().refine(async (n) => n % 2 === 0, "must be even");
  const answers = [validate(even, 2), validate(even, 3)];
  expect(answers.every((answer) => answer instanceof Promise)).toBe(true);
  expect(await Promise.all(answers)).toEqual([
    { ok: true, value: 2 },
    { ok: false, issues: [{ path: "", message: "must be even" }] },
  ]);
});

test("type<T>() passes the very value, and says that it checks nothing", () => {
  const value = { any: "thing" };
  const answer = validate(type<{ any: string }>(), value);
  expect("value" in answer && answer.value).toBe(value);
  expect([type<string>(), z.string()].map(isTypeOnly)).toEqual([true, false]);
});

test("an issue's path reads like the code that would reach there", () => {
  const message = "wrong";
  const path = ["user", "tags", 3, { key: "name" }, "not a name", Symbol("s"), { key: 0 }, ""];
  const answer = validate(
    schemaThat(() => ({ issues: [{ message, path }, { message }] })),
    1,
  );
  expect(answer).toEqual({
    ok: false,
    issues: [
      { path: 'user.tags[3].name["not a name"][Symbol(s)][0][""]', message },
      { path: "", message },
    ],
  });
});

describe("a schema that breaks is an invalid value with a cause, not an exception", () => {
  const broken = new Error("no database");
  const expected = {
    ok: false,
    issues: [{ path: "", message: "the schema itself threw Error: no database" }],
    cause: broken,
  };

  test("when it throws", () => {
    const schema = schemaThat(() => {
      throw broken;
    });
    expect(validate(schema, 1)).toEqual(expected);
  });

  test("when its promise rejects", async () => {
    expect(
      await validate(
        schemaThat(() => Promise.reject(broken)),
        1,
      ),
    ).toEqual(expected);
  });

  test("when it answers nothing, at once or later", async () => {
    expect(
      validate(
        schemaThat(() => undefined),
        1,
      ),
    ).toMatchObject({ ok: false });
    expect(
      await validate(
        schemaThat(() => Promise.resolve()),
        1,
      ),
    ).toMatchObject({ ok: false });
  });
});

test("an error names the task and the first issues with their paths, and carries all of them", () => {
  const issues = Array.from({ length: contractLimits.issuesShownMax + 2 }, (_, i) => ({
    path: i === 0 ? "" : `[${i}]`,
    message: `wrong ${i}`,
  }));
  const error = invalidInputError("text.count", { ok: false, issues });
  expect(error.message).toMatch(
    /^the input of text\.count does not fit its schema: \(value\): wrong 0; \[1\]: wrong 1;/,
  );
  expect(error.message).toMatch(/\[7\]: wrong 7; and 2 more$/);
  expect(error).toMatchObject({ code: "TQ_ERR_INVALID_INPUT", details: { task: "text.count", issues } });
  expect(formatIssues([{ path: "a.b", message: "wrong" }])).toBe("a.b: wrong");
});
