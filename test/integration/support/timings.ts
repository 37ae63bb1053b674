/** Spans of time for tests. */
import { defaultTiming, type Timing } from "@tq/common/protocol";

/**
 * For tests in which somebody is found gone: after 600 ms. Not shorter: on a busy machine one that lives may be late by
 * some hundred, and the heart beats every 250. Who must not be taken for gone in a test needs `patient`.
 */
export const brisk: Timing = { heartbeatMs: 200, liveness: 3, helloRetryMs: 10, unreachableAfterMs: 300 };

/** As tq's own, but nobody there is said soon. */
export const patient: Timing = { ...defaultTiming, unreachableAfterMs: 300 };
