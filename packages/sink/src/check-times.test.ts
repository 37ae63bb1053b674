import { expect, test } from "vitest";
import { checkSinkTimes } from "./check-times.ts";

test("the times as they are relate as they must, and one that does not is named", () => {
  checkSinkTimes();
  expect(() => checkSinkTimes({ pushBusyMs: 22_499, silenceMs: 2_250 })).toThrow("pushed tasks");
});
