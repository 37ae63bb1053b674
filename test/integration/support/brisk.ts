/** Spans of time for tests: short where an absence has to be noticed. */
import type { Timing } from "@tq/common/protocol";

/**
 * A peer is gone after 600 ms. Not shorter: on a busy machine one that lives may be late by some hundred, and the heart
 * beats every 250.
 */
export const brisk: Timing = { heartbeatMs: 200, liveness: 3, helloRetryMs: 10, unreachableAfterMs: 300 };

export const silenceMs = brisk.heartbeatMs * brisk.liveness;
