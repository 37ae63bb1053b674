/** How long `drain` may take: one default and one check for all roles. */

import { checkKnownOptions } from "../contract/check-known-options.ts";
import { TqError } from "../contract/index.ts";
import { invariant } from "../contract/invariant.ts";
import { contractLimits } from "../contract/limits.ts";

/** Orchestrators send SIGKILL 30 s after SIGTERM, and closing takes a while, too. */
const killedAfterMs = 30_000;
const closingMs = 5_000;
export const drainDefaultMs = 25_000;

/**
 * The time that was given, or the default. One that no timer holds is refused: it would be over at once, and all that was
 * under way given up.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`.
 */
export function readDrainTimeout(options: { readonly timeoutMs?: number | undefined } = {}): number {
  invariant(drainDefaultMs + closingMs <= killedAfterMs, "draining and closing end before a kill");
  checkKnownOptions("drain", options, { timeoutMs: true });
  const { timeoutMs = drainDefaultMs } = options;
  const { timeoutMsMax } = contractLimits;
  if (typeof timeoutMs === "number" && timeoutMs >= 0 && timeoutMs <= timeoutMsMax) return timeoutMs;
  const message = `drain: timeoutMs is a number of milliseconds from 0 to ${timeoutMsMax}; got ${String(timeoutMs)}`;
  throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "timeoutMs" } });
}
