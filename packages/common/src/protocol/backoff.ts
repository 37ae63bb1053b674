/**
 * The wait before another attempt: exponential, capped, with jitter so that tasks which failed together do not come
 * back together.
 */
import type { BackoffPolicy } from "../contract/index.ts";

/**
 * Milliseconds to wait after the `failures`-th failure (from 1). `random` is in [0, 1).
 *
 * With jitter `j` the result lies between `(1 − j)` and 1 times the exponential figure: never longer than the cap.
 */
export const backoffMs = (policy: BackoffPolicy, failures: number, random: number): number => {
  const exponential = policy.initialMs * policy.factor ** (failures - 1);
  return Math.min(exponential, policy.maxMs) * (1 - policy.jitter * random);
};
