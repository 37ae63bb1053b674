import { expect, test } from "vitest";
import { parseInput } from "./parse-input.ts";

test("reads JSON, behind a byte order mark too, and nothing from a blank line", () => {
  expect(parseInput('{"a":[1]}', "the input")).toEqual({ value: { a: [1] } });
  expect(parseInput(Buffer.from("\ufeff5"), "line 1")).toEqual({ value: 5 });
  expect(parseInput(" \t", "line 2")).toBeUndefined();
  expect(parseInput("null", "line 3")).toEqual({ value: null });
});

test("says where it is no JSON, or no UTF-8", () => {
  expect(() => parseInput("{a:1}", "line 7")).toThrow(/^line 7 is not JSON: /);
  expect(() => parseInput(Buffer.from([0x22, 0xff, 0x22]), "line 8")).toThrow("line 8 is not UTF-8");
});
