import { expect, test } from "vitest";
import { checkVentilatorTimes } from "./check-times.ts";

const times = {
  silenceMs: 2_250,
  reconnectMsMax: 500,
  linkSilenceMs: 24_000,
  producerGraceMs: 30_000,
  sinkGraceMs: 30_000,
  readoptMs: 1_000,
  reservationPatienceMs: 1_000,
  reservationPatienceMsMax: 60_000,
};

test("the times as they are relate as they must", () => {
  checkVentilatorTimes();
  checkVentilatorTimes(times);
});

test.each([
  ["no goodbye", { producerGraceMs: 22_499 }],
  ["no goodbye", { sinkGraceMs: 22_499, linkSilenceMs: 100 }],
  ["before its share moves", { linkSilenceMs: 27_000 }],
  ["workers that were there before", { readoptMs: 749 }],
  ["within five seconds", { readoptMs: 2_251 }],
  ["patience", { reservationPatienceMs: 60_001 }],
])("one that breaks the relation of %s is named: %o", (broken, changed) => {
  expect(() => checkVentilatorTimes({ ...times, ...changed })).toThrow(broken);
});
