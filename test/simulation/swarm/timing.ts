/** All spans are a third of what they are in earnest, and the first HELLO comes at once: a world lasts a few seconds. */
import type { Timing } from "@tq/common/protocol";

export const timing: Timing = { heartbeatMs: 250, liveness: 3, helloRetryMs: 5, unreachableAfterMs: 5_000 };
