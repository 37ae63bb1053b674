/** How a sink's times must relate to those of its sessions. Looked at whenever one starts. */
import { invariant } from "@tq/common/contract";
import { defaultTiming, silenceLimitMs } from "@tq/common/protocol";
import { defaultLimits } from "./core/limits.ts";

const times = { pushBusyMs: defaultLimits.pushBusyMs, silenceMs: silenceLimitMs(defaultTiming) };

/** Errors: `TQ_ERR_INTERNAL`, which names the relation that does not hold. */
export function checkSinkTimes(given: { readonly [Name in keyof typeof times]: number } = times): void {
  invariant(
    given.pushBusyMs >= 10 * given.silenceMs,
    "pushed tasks are not called missing because a ventilator or worker was away for a moment",
  );
}
