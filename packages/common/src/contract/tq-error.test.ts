import { expect, test } from "vitest";
import { errorCodes } from "./error-codes.ts";
import { invariant } from "./invariant.ts";
import { isNonRetryable, isTqError } from "./is-tq-error.ts";
import type { UnsuccessfulOutcome } from "./outcome.ts";
import { TaskFailedError } from "./task-failed-error.ts";
import { TqError } from "./tq-error.ts";

const failure = (outcome: UnsuccessfulOutcome, attempt = 3) =>
  new TaskFailedError({
    taskId: "0123456789abcdef-1",
    traceId: "0123456789abcdef87cbfbfe89022cea",
    task: "text.count",
    attempt,
    outcome,
  });

test("every code has one line that says what it means", () => {
  for (const [code, line] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^TQ_ERR_[A-Z]+(_[A-Z]+)*$/);
    expect(line).toMatch(/^[A-Z][^\n]*\.$/);
  }
});

test("carries its code, details and cause, and its name stands in the stack", () => {
  const cause = new Error("EADDRINUSE");
  const error = new TqError("TQ_ERR_ADDRESS_IN_USE", "port 5557 is taken", {
    details: { port: 5557 },
    cause,
  });
  expect(error).toMatchObject({ code: "TQ_ERR_ADDRESS_IN_USE", details: { port: 5557 }, cause });
  expect(error.stack).toMatch(/^TqError: port 5557 is taken\n/);
  expect("cause" in new TqError("TQ_ERR_CLOSED", "closed")).toBe(false);
});

test("is told by its code, and nothing else passes for it", () => {
  const error = new TqError("TQ_ERR_CLOSED", "closed");
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("do not touch");
      },
    },
  );
  expect([isTqError(error), isTqError(error, "TQ_ERR_CLOSED"), isTqError(error, "TQ_ERR_LIMIT")]).toEqual([
    true,
    true,
    false,
  ]);
  const others = [new Error("x"), { code: "TQ_ERR_CLOSED" }, "TQ_ERR_CLOSED", undefined, hostile];
  expect(others.filter((other) => isTqError(other))).toEqual([]);
});

test.each([
  [{ status: "failed", error: { name: "TypeError", message: "bad" } }, "TQ_ERR_TASK_FAILED"],
  [
    { status: "dead", error: { name: "TqError", message: "gone", code: "TQ_ERR_WORKER_LOST" } },
    "TQ_ERR_TASK_DEAD",
  ],
  [{ status: "cancelled" }, "TQ_ERR_CANCELLED"],
  [{ status: "expired" }, "TQ_ERR_EXPIRED"],
] as const)("a task that ended as $status is thrown as %s", (outcome, code) => {
  const error = failure(outcome);
  expect(isTqError(error, code) && error.outcome === outcome.status && error.taskId).toBe(
    "0123456789abcdef-1",
  );
  expect(error.stack).toMatch(/^TaskFailedError: text\.count /);
  const remote = "error" in outcome ? outcome.error : undefined;
  expect(error.cause).toEqual(
    remote && expect.objectContaining({ message: remote.message, name: remote.name }),
  );
});

test("a failure's message says task, attempt, reason, id and trace", () => {
  expect(failure({ status: "failed", error: { name: "TypeError", message: "bad" } }).message).toBe(
    "text.count failed on attempt 3: TypeError: bad (task 0123456789abcdef-1, trace 0123456789abcdef87cbfbfe89022cea)",
  );
  expect(failure({ status: "expired" }, 0).message).toMatch(
    /^text\.count expired before it completed \(task/,
  );
});

test("what lies in the value is not worth another attempt, all else is", () => {
  const codes = ["TQ_ERR_INVALID_OUTPUT", "TQ_ERR_UNENCODABLE", "TQ_ERR_TIMEOUT"] as const;
  expect(codes.map((code) => isNonRetryable(new TqError(code, "")))).toEqual([true, true, false]);
  expect(isNonRetryable({ code: "TQ_ERR_INVALID_OUTPUT" })).toBe(false);
});

test("a broken invariant is an internal error", () => {
  expect(() => invariant(false, "credit is never negative")).toThrow(
    expect.objectContaining({ code: "TQ_ERR_INTERNAL", message: expect.stringContaining("credit is never") }),
  );
  expect(() => invariant(1, "")).not.toThrow();
});
