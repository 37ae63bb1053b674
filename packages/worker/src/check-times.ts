/** How a worker's times must relate to those of its sessions. Looked at whenever one starts. */
import { invariant } from "@tq/common/contract";
import { drainDefaultMs } from "@tq/common/node";
import { defaultTiming, silenceLimitMs } from "@tq/common/protocol";
import { beatMs } from "./beats.ts";
import { coreLimits } from "./core/limits.ts";

const times = { beatMs, abortGraceMs: coreLimits.abortGraceMs, silenceMs: silenceLimitMs(defaultTiming) };

/** Errors: `TQ_ERR_INTERNAL`, which names the relation that does not hold. */
export function checkWorkerTimes(given: { readonly [Name in keyof typeof times]: number } = times): void {
  invariant(given.beatMs * 3 <= given.silenceMs, "two beats of the heart may be lost, and one be late");
  invariant(
    given.abortGraceMs < drainDefaultMs,
    "a handler that does not heed its signal does not use up the time to drain",
  );
}
