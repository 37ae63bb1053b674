/**
 * What a handler throws to say what shall become of its task, and how whatever it throws is read.
 *
 * Two classes of error and not two methods of the context: they work from any depth of the handler's own code, and `run`
 * never goes on behind them.
 */
import { hasBrand, setBrand } from "./brand.ts";
import { isNonRetryable } from "./is-tq-error.ts";
import { contractLimits } from "./limits.ts";
import { preview } from "./preview.ts";
import { type RemoteError, toRemoteError } from "./remote-error.ts";
import { TqError } from "./tq-error.ts";

const retryBrand = Symbol.for("tq.retry-task");
const discardBrand = Symbol.for("tq.discard-task");

/** What a `RetryTask` says. */
export interface RetryTaskOptions {
  /** How long until the next attempt at the earliest, in milliseconds, from 0 to ten years. Default: as the task's `retry.backoff` says. */
  readonly afterMs?: number | undefined;
  /** Why, for whoever reads the task's errors. */
  readonly reason?: string | undefined;
  /** What led to it, kept with the task's errors. */
  readonly cause?: unknown;
}

/**
 * Thrown by a handler: this attempt has failed, and the next one is to follow after `afterMs`. It counts as a failure, like every
 * other error: with none left of the task's `retry.maxAttempts`, the task fails. What is delivered at most once has no
 * next attempt.
 *
 * ```ts
 * if (response.status === 429) throw new RetryTask({ afterMs: 30_000, reason: "rate limited" });
 * ```
 *
 * @throws TQ_ERR_INVALID_OPTION if `afterMs` is out of its range.
 */
export class RetryTask extends Error {
  static {
    name(RetryTask, "RetryTask");
    setBrand(RetryTask.prototype, retryBrand);
  }

  readonly afterMs: number | undefined;

  constructor({ afterMs, reason, ...rest }: RetryTaskOptions = {}) {
    super(reason ?? "the handler asked for another attempt", rest);
    if (afterMs !== undefined && !isDelay(afterMs)) {
      const message = `RetryTask: afterMs is milliseconds from 0 to ${contractLimits.retryAfterMsMax}, not ${preview(afterMs)}`;
      throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "afterMs", value: afterMs } });
    }
    this.afterMs = afterMs;
  }
}

/**
 * Thrown by a handler: the task fails, whatever attempts are left, because another one would end the same way.
 *
 * ```ts
 * if (user === undefined) throw new DiscardTask(`there is no user ${id} any more`);
 * ```
 */
export class DiscardTask extends Error {
  static {
    name(DiscardTask, "DiscardTask");
    setBrand(DiscardTask.prototype, discardBrand);
  }

  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
  }
}

/** A failed attempt, as its worker reports it. */
export interface AttemptFailure {
  readonly error: RemoteError;
  /** Another attempt would be useless. */
  readonly final: boolean;
  /** The handler's own wish for the wait before the next attempt; absent: as the policy says. */
  readonly afterMs?: number;
}

/** What an attempt that ended with `thrown`, whatever that is, comes to. Never throws. @internal */
export function failureOf(thrown: unknown): AttemptFailure {
  const error = toRemoteError(thrown);
  if (hasBrand(thrown, discardBrand)) return { error, final: true };
  if (!hasBrand(thrown, retryBrand)) return { error, final: isNonRetryable(thrown) };
  // Of another copy of this package, or changed since: it is looked at again.
  const { afterMs } = thrown as { afterMs?: unknown };
  return isDelay(afterMs) ? { error, final: false, afterMs: Math.ceil(afterMs) } : { error, final: false };
}

function isDelay(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= contractLimits.retryAfterMsMax;
}

/** On the prototype, so that the first line of the stack, which is written while Error's constructor runs, has it. */
function name(of: { readonly prototype: Error }, text: string): void {
  Object.defineProperty(of.prototype, "name", { value: text, configurable: true, writable: true });
}
