import { expect, test } from "vitest";
import { wireLimits } from "../wire/index.ts";
import { contractLimits } from "./limits.ts";
import { DiscardTask, failureOf, RetryTask } from "./retry-task.ts";
import { TqError } from "./tq-error.ts";

test("a RetryTask is a failure with a wish for the wait, an ordinary error one without", () => {
  const cause = new Error("429");
  expect(failureOf(new RetryTask({ afterMs: 1500.2, reason: "rate limited", cause }))).toEqual({
    error: expect.objectContaining({
      name: "RetryTask",
      message: "rate limited",
      stack: expect.stringMatching(/^RetryTask: rate limited\n/),
      cause: expect.objectContaining({ message: "429" }),
    }),
    final: false,
    afterMs: 1501,
  });
  expect(failureOf(new RetryTask({ afterMs: 0 }))).toMatchObject({ afterMs: 0 });
  for (const thrown of [new RetryTask(), new Error("no"), "no", undefined])
    expect(failureOf(thrown)).toEqual({ error: expect.anything(), final: false });
});

test("a DiscardTask is final, and so is what lies in the value", () => {
  expect(failureOf(new DiscardTask("no such user"))).toEqual({
    error: expect.objectContaining({ name: "DiscardTask", message: "no such user" }),
    final: true,
  });
  expect(failureOf(new TqError("TQ_ERR_UNENCODABLE", "")).final).toBe(true);
});

test("those of another copy of the package count, and what they carry is checked", () => {
  const foreign = (brand: string, fields: object) =>
    Object.assign(new Error("theirs"), { [Symbol.for(brand)]: true }, fields);
  expect(failureOf(foreign("tq.discard-task", {})).final).toBe(true);
  expect(failureOf(foreign("tq.retry-task", { afterMs: 20 })).afterMs).toBe(20);
  expect(failureOf(foreign("tq.retry-task", { afterMs: -1 }))).not.toHaveProperty("afterMs");
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, contractLimits.retryAfterMsMax + 1])(
  "a RetryTask refuses to wait for %d ms",
  (afterMs) => {
    expect(() => new RetryTask({ afterMs })).toThrow(
      expect.objectContaining({ code: "TQ_ERR_INVALID_OPTION" }),
    );
  },
);

test("whatever a RetryTask may ask for can travel", () => {
  expect(contractLimits.retryAfterMsMax).toBe(wireLimits.spanMsMax);
});
