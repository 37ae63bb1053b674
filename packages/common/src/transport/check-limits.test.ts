import { expect, test } from "vitest";
import { eventLimits } from "../events/index.ts";
import { defaultTiming } from "../protocol/index.ts";
import { wireLimits } from "../wire/index.ts";
import { checkLinkLimits } from "./check-limits.ts";
import { linkLimits } from "./limits.ts";

const figures = { link: linkLimits, timing: defaultTiming, wire: wireLimits, events: eventLimits };

test("the limits as they are relate as they must", () => {
  checkLinkLimits();
});

test.each([
  ["liveness", { timing: { ...defaultTiming, liveness: 2 } }],
  ["HELLO", { timing: { ...defaultTiming, helloRetryMs: 751 } }],
  ["unreachable", { timing: { ...defaultTiming, unreachableAfterMs: 4_499 } }],
  ["grow", { link: { ...linkLimits, reconnectMs: 501 } }],
  ["survives a cut", { link: { ...linkLimits, reconnectMsMax: 750 } }],
  ["anew for silence", { link: { ...linkLimits, silenceMs: 22_499 } }],
  ["half a pipe", { wire: { ...wireLimits, unacknowledgedMax: 33 } }],
  ["source of events", { events: { ...eventLimits, silenceMs: 2_999 } }],
  ["into a frame", { link: { ...linkLimits, frameBytesMax: wireLimits.bodyBytesMax - 1 } }],
])("one that breaks the relation of %s is named", (broken, changed) => {
  expect(() => checkLinkLimits({ ...figures, ...changed })).toThrow(broken);
});
