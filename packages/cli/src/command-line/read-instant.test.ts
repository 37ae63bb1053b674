import { expect, test } from "vitest";
import { readInstant } from "./read-instant.ts";

test.each([
  ["2026-11-21T10:00Z", "2026-11-21T10:00:00.000Z"],
  ["2026-11-21T10:00:30.5+02:00", "2026-11-21T08:00:30.500Z"],
  ["2026-11-21", new Date(2026, 10, 21).toISOString()],
])("%s is %s", (text, expected) => {
  expect(readInstant(text).toISOString()).toBe(expected);
});

test("a span is so long ago", () => {
  const ago = Date.now() - readInstant("2d").getTime();
  expect(Math.abs(ago - 2 * 86_400_000)).toBeLessThan(60_000);
});

test.each(["", "10", "yesterday", "2026-13-45", "2026-11-21T25:00Z", "-5m"])('"%s" is no time', (text) => {
  expect(() => readInstant(text)).toThrow(/such as 2026/);
});
