import { TqError } from "@tq/common";
import { expect, test } from "vitest";
import { formatError } from "./report-error.ts";

const plain = { isJson: false, hasStack: false };

test("an error is one line with its code, whatever its message holds", () => {
  const error = new TqError("TQ_ERR_INVALID_INPUT", "bad:\n  at user.name\r\n  at user.age\n");
  expect(formatError(error, plain)).toBe("tq: TQ_ERR_INVALID_INPUT: bad: at user.name at user.age\n");
});

test("what is no error of tq's is said as internal, with its name", () => {
  expect(formatError(new RangeError("oops"), plain)).toBe("tq: TQ_ERR_INTERNAL: RangeError: oops\n");
  expect(formatError("text", plain)).toBe("tq: TQ_ERR_INTERNAL: text\n");
});

test("the stack comes only when it is asked for", () => {
  const error = new TqError("TQ_ERR_UNREACHABLE", "nobody");
  expect(formatError(error, plain)).not.toContain("at ");
  expect(formatError(error, { ...plain, hasStack: true })).toContain("report-error.test.ts");
});

test("as JSON it is one line with code, message and details, also when details cannot be printed", () => {
  const style = { isJson: true, hasStack: false };
  const error = new TqError("TQ_ERR_UNREACHABLE", "nobody", { details: { endpoint: "tcp://h:1" } });
  expect(formatError(error, style)).toBe(
    '{"error":{"code":"TQ_ERR_UNREACHABLE","message":"nobody","details":{"endpoint":"tcp://h:1"}}}\n',
  );
  const odd = new TqError("TQ_ERR_LIMIT", "much", { details: { n: 1n } });
  expect(JSON.parse(formatError(odd, style))).toEqual({ error: { code: "TQ_ERR_LIMIT", message: "much" } });
});
