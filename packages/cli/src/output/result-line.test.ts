import { expect, test } from "vitest";
import { formatResultLine } from "./result-line.ts";

const identity = { taskId: "00000000000000aa-1", traceId: "ab", task: "t", attempt: 1 };

test("a completed result is one line with its output, even if there is none", () => {
  const line = formatResultLine({
    ...identity,
    outcome: "completed",
    output: undefined,
    worker: "w",
    durationMs: 1.5,
  });
  expect(line).toBe(
    '{"taskId":"00000000000000aa-1","traceId":"ab","task":"t","attempt":1,"outcome":"completed","output":null,"worker":"w","durationMs":1.5}\n',
  );
});

test("line ends inside a value do not break the line", () => {
  const line = formatResultLine({ ...identity, outcome: "completed", output: "a\nb\r\u2028c" });
  expect(line.match(/[\n\r]/g)).toHaveLength(1);
  expect(JSON.parse(line)).toMatchObject({ output: "a\nb\r\u2028c" });
});

test("a failed result has the error, a cancelled one neither output nor error", () => {
  const error = { name: "Error", message: "no", stack: "Error: no\n    at x" };
  expect(JSON.parse(formatResultLine({ ...identity, outcome: "failed", error, durationMs: 0 }))).toEqual({
    ...identity,
    outcome: "failed",
    error,
    durationMs: 0,
  });
  const cancelled = JSON.parse(formatResultLine({ ...identity, outcome: "cancelled", durationMs: 0 }));
  expect(cancelled).toEqual({ ...identity, outcome: "cancelled", durationMs: 0 });
});
