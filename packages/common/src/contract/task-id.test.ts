import fc from "fast-check";
import { expect, test } from "vitest";
import { formatTaskId, isOrigin, isSeq, parseTaskId } from "./task-id.ts";

test("a task id is read back as it was written", () => {
  const origins = fc.stringMatching(/^[0-9a-f]{16}$/);
  const seqs = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(origins, seqs, (origin, seq) => {
      expect(parseTaskId(formatTaskId(origin, seq))).toEqual({ ok: true, value: { origin, seq } });
    }),
    { seed: 1 },
  );
});

test.each([
  "",
  "0123456789abcdef",
  "0123456789abcdef-",
  "0123456789abcdef-0",
  "0123456789abcdef-01",
  "0123456789abcdef--1",
  "0123456789abcdef-1e3",
  "0123456789abcdef-1\n",
  "0123456789ABCDEF-1",
  "123456789abcdef-1",
  "0123456789abcdef-9007199254740992",
  "0123456789abcdef-90071992547409910",
])("refuses %j, which is not the one way to write an id", (text) => {
  expect(parseTaskId(text)).toEqual({ ok: false, reason: expect.stringContaining("a task id") });
});

test("an origin is 16 lower-case hex digits, a seq a safe integer from 1", () => {
  expect(["0123456789abcdef", "0123456789abcde", "0123456789abcdeF", 1].map(isOrigin)).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect([1, 2 ** 53 - 1, 0, 1.5, 2 ** 53, "1"].map(isSeq)).toEqual([true, true, false, false, false, false]);
});
