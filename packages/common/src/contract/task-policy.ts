/**
 * How a task is tried: attempts, crashes, time and backoff, as plain data. A definition carries it, workers and producers
 * announce it, and the ventilator, which has no definitions, acts on it. The ranges are the same at every entrance.
 */
import { contractLimits } from "./limits.ts";
import { type Parsed, parsed, refused } from "./parsed.ts";
import { preview } from "./preview.ts";

/**
 * The wait after a failed attempt. After failure n it is `min(maxMs, initialMs · factor^(n−1))`, of which the share `jitter`
 * is random: drawn evenly from `[wait · (1 − jitter), wait]`.
 */
export interface BackoffPolicy {
  /** Wait after the first failure, in milliseconds, from 1. Default: 100. */
  readonly initialMs: number;
  /** By what the wait grows with each failure, from 1 (no growth) to 100. Default: 2. */
  readonly factor: number;
  /** The longest wait, in milliseconds, at least `initialMs`. Default: 30,000, or `initialMs` if that is more. */
  readonly maxMs: number;
  /** Random share of each wait, from 0 (none) to 1 (all of it). Default: 0.5. */
  readonly jitter: number;
}

/** How a task is tried: what `defineTask` was told, defaults filled in. Workers and producers announce it. */
export interface TaskPolicy {
  /** How many attempts may fail before the task fails, from 1 to 1,000. Attempts that were taken back do not count. */
  readonly maxAttempts: number;
  /** How many workers the task may take down before it is dead, from 1 to 1,000. */
  readonly crashLimit: number;
  /** How long one attempt may run, in milliseconds, from 1 to 2³¹−1. */
  readonly timeoutMs: number;
  /** The waits between attempts. */
  readonly backoff: BackoffPolicy;
}

/** What holds for a definition that says nothing. */
export const defaultPolicy: TaskPolicy = Object.freeze({
  // As the AWS SDKs' standard retry mode. Queues range from 1 (BullMQ) to 25 (Sidekiq); many retries hide a broken handler.
  maxAttempts: 3,
  // As Dask's distributed.scheduler.allowed-failures; HyperQueue's crash limit is 5.
  crashLimit: 3,
  // Half of RabbitMQ's acknowledgement timeout. A blocked handler keeps its slot for this long, so it is no more.
  timeoutMs: 15 * 60_000,
  // First wait and factor as in the example of gRPC's retry design (A6). Half of it random: the "equal jitter" of Amazon's
  // Builders' Library, which never retries at once and still spreads a herd. 30 s, so that a mended fault is soon noticed.
  backoff: Object.freeze({ initialMs: 100, factor: 2, maxMs: 30_000, jitter: 0.5 }),
});

interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const { maxAttemptsMax, crashLimitMax, timeoutMsMax, backoffFactorMax } = contractLimits;
const policyRanges = {
  maxAttempts: { min: 1, max: maxAttemptsMax, whole: true },
  crashLimit: { min: 1, max: crashLimitMax, whole: true },
  timeoutMs: { min: 1, max: timeoutMsMax, whole: true },
};
const backoffRanges = {
  initialMs: { min: 1, max: timeoutMsMax, whole: true },
  factor: { min: 1, max: backoffFactorMax, whole: false },
  maxMs: { min: 1, max: timeoutMsMax, whole: true },
  jitter: { min: 0, max: 1, whole: false },
};

/**
 * Reads a policy that a definition or a peer states. All fields are needed; what is unknown is left out.
 * @internal
 */
export function parsePolicy(value: unknown): Parsed<TaskPolicy> {
  const policy = readNumbers(value, policyRanges, "");
  if (!policy.ok) return policy;
  const backoff = readNumbers((value as { backoff?: unknown }).backoff, backoffRanges, "backoff.");
  if (!backoff.ok) return backoff;
  const { initialMs, maxMs } = backoff.value;
  if (maxMs < initialMs)
    return refused(`backoff.maxMs (${maxMs}) must be at least backoff.initialMs (${initialMs})`);
  return parsed({ ...policy.value, backoff: backoff.value });
}

function readNumbers<Name extends string>(
  source: unknown,
  ranges: Record<Name, NumberRange>,
  prefix: string,
): Parsed<Record<Name, number>> {
  const fields = Object.entries<NumberRange>(ranges);
  const read: Record<string, number> = {};
  for (const [name, { min, max, whole }] of fields) {
    const given: unknown =
      typeof source === "object" && source !== null ? Reflect.get(source, name) : undefined;
    const fits =
      typeof given === "number" && given >= min && given <= max && (!whole || Number.isInteger(given));
    if (!fits) {
      const kind = whole ? "a whole number" : "a number";
      return refused(`${prefix}${name} must be ${kind} from ${min} to ${max}, not ${preview(given)}`);
    }
    read[name] = given;
  }
  return parsed(read as Record<Name, number>);
}
