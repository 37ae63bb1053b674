import { expect, test } from "vitest";
import { readDrainTimeout } from "./drain-timeout.ts";

test("takes what a timer can hold, and 25 s where nothing is said", () => {
  expect([undefined, {}, { timeoutMs: undefined }].map(readDrainTimeout)).toEqual([25_000, 25_000, 25_000]);
  expect([0, 1.5, 2 ** 31 - 1].map((timeoutMs) => readDrainTimeout({ timeoutMs }))).toEqual([
    0,
    1.5,
    2 ** 31 - 1,
  ]);
});

test.each([Number.POSITIVE_INFINITY, Number.NaN, -1, 2 ** 31, "5s", null])("refuses %s", (timeoutMs) => {
  expect(() => readDrainTimeout({ timeoutMs: timeoutMs as number })).toThrow(
    expect.objectContaining({ code: "TQ_ERR_INVALID_OPTION", details: { option: "timeoutMs" } }),
  );
});

test("refuses what is no option of it", () => {
  expect(() => readDrainTimeout({ timeout: 5 } as object)).toThrow('unknown option "timeout"');
});
