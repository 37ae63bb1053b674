import fc from "fast-check";
import { expect, test } from "vitest";
import { taskOfTraceId } from "./task-of-trace.ts";
import { traceIdOf } from "./trace-id.ts";

const origins = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((bits) => bits.toString(16).padStart(16, "0"));

test("the trace id of a task leads back to it", () => {
  fc.assert(
    fc.property(origins, fc.maxSafeNat(), (origin, nat) => {
      const seq = Math.max(1, nat);
      expect(taskOfTraceId(traceIdOf(origin, seq))).toEqual({ origin, seq });
    }),
  );
});

test("what is no trace id, or cannot be a task's own, leads nowhere", () => {
  expect(taskOfTraceId("xyz")).toBeUndefined();
  expect(taskOfTraceId(`${"00112233445566aa".repeat(2)}`)).toBeUndefined();
});
