import { expect, test } from "vitest";
import { toJsonValue } from "./json-value.ts";

const print = (value: unknown) => JSON.stringify(toJsonValue(value));

test("what JSON holds is the very same value, not a copy", () => {
  const value = { a: [1, "two", null, { b: true }], c: { d: -0.5 } };
  expect(toJsonValue(value)).toBe(value);
});

test.each([
  ["undefined", undefined, "null"],
  ["undefined inside", { a: undefined, b: [undefined] }, '{"b":[null]}'],
  ["numbers that JSON has not", [Number.NaN, 1 / 0, -1 / 0], '["NaN","Infinity","-Infinity"]'],
  ["BigInt", { n: 2n ** 64n }, '{"n":"18446744073709551616"}'],
  ["Date", new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)), '"2026-01-02T03:04:05.006Z"'],
  [
    "Map",
    new Map<unknown, unknown>([
      ["a", 1n],
      [{ b: 1 }, new Set([2])],
    ]),
    '[["a","1"],[{"b":1},[2]]]',
  ],
  ["Set", new Set(["x", new Date(0)]), '["x","1970-01-01T00:00:00.000Z"]'],
  ["Buffer", Buffer.from("hello"), '"aGVsbG8="'],
  ["a view of some bytes", new Uint8Array(Buffer.from("xhellox").buffer.slice(0), 0, 0), '""'],
  ["ArrayBuffer", new Uint8Array([1, 2, 3]).buffer, '"AQID"'],
  ["typed array", new Float64Array([0.5, Number.NaN]), '[0.5,"NaN"]'],
  ["typed array of BigInt", new BigInt64Array([-1n]), '["-1"]'],
])("%s", (_, value, printed) => {
  expect(print(value)).toBe(printed);
});

test('a key "__proto__" stays a key', () => {
  const value = JSON.parse('{"__proto__":{"x":1},"n":null}') as Record<string, unknown>;
  value.n = 1n;
  expect(print(value)).toBe('{"__proto__":{"x":1},"n":"1"}');
});

test("a circle is an error, not an endless loop", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  expect(() => print(circle)).toThrow(expect.objectContaining({ code: "TQ_ERR_UNENCODABLE" }));
});
