import { expect, test } from "vitest";
import { checkWorkerTimes } from "./check-times.ts";

test("the times as they are relate as they must, and one that does not is named", () => {
  checkWorkerTimes();
  expect(() => checkWorkerTimes({ beatMs: 251, abortGraceMs: 5_000, silenceMs: 750 })).toThrow("two beats");
  expect(() => checkWorkerTimes({ beatMs: 250, abortGraceMs: 25_000, silenceMs: 750 })).toThrow("drain");
});
