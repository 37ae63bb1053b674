/**
 * The options of a single call: what they are, their ranges, and what a call makes of them.
 *
 * A mistyped option would otherwise be a default in silence, so unknown ones are refused too.
 */

import { parseDelivery } from "../contract/delivery.ts";
import { contractLimits, type Delivery, parseTraceparent, TqError } from "../contract/index.ts";
import { preview } from "../contract/preview.ts";
import { wireLimits } from "../wire/index.ts";
import { submitLimits } from "./limits.ts";

/** How long a call waits. */
export interface WaitOptions {
  /**
   * How long the caller waits, in milliseconds, up to 2³¹−1. Default: as long as it takes.
   *
   * `submit`: until the task is accepted; then `TQ_ERR_UNREACHABLE` if it never left this process, and
   * `TQ_ERR_UNKNOWN_OUTCOME` if it did. `submitMany`: the same, for as long as no task is accepted. `run`, `map`: for each
   * task from its submission to its result; then `TQ_ERR_DEADLINE_EXCEEDED`, and the task is cancelled.
   */
  readonly timeoutMs?: number | undefined;
  /** Ends the call with `TQ_ERR_CANCELLED` (`cause`: the signal's reason) and cancels what is not yet accepted or answered. */
  readonly signal?: AbortSignal | undefined;
}

/** What can be asked for each task of `run`, and of `map`. */
export interface RunOptions extends WaitOptions {
  /** How long one attempt may run, in milliseconds, from 1 to 2³¹−1. Default: the task's `timeoutMs`. */
  readonly attemptTimeoutMs?: number | undefined;
  /** Higher runs earlier. An integer from −100 to 100. Default: 0. Not for what is delivered at most once. */
  readonly priority?: number | undefined;
  /**
   * Not to be started before so many milliseconds have passed, up to ten years. Default: 0. Not for what is delivered at most
   * once.
   */
  readonly delayMs?: number | undefined;
  /** Not to be started after so many milliseconds have passed, up to ten years: it then ends as `expired`. Default: never. */
  readonly expiresMs?: number | undefined;
  /** W3C `traceparent` of the caller: the task belongs to that trace. Default: a trace of its own. */
  readonly traceparent?: string | undefined;
}

/** What can be asked for each task of `submitMany`, and of `submit`. */
export interface SubmitManyOptions extends RunOptions {
  /**
   * `at-most-once`: over the push lane. No lease, no retry, no priority, no delay; accepted means that the ventilator has it in
   * memory, and what is lost after that is counted and said. Default: the task's `delivery`.
   */
  readonly delivery?: Delivery | undefined;
}

/** What can be asked for the task of `submit`. */
export interface SubmitOptions extends SubmitManyOptions {
  /**
   * What the task is known by besides its id, 1 to 256 characters; per name of the task. While a task with it is not settled,
   * and for `keepForMs` after that, submitting the same input again runs nothing: the call resolves with the first task's ids
   * and `isDuplicate: true`. Another input under the key is `TQ_ERR_IDEMPOTENCY_CONFLICT`; inputs are compared as they are
   * encoded, so the order of an object's fields counts. Not for what is delivered at most once. Default: none.
   *
   * A ventilator knows the keys that were submitted to it, and those of its journal. With several, the key decides which of
   * those in reach takes the task; while that one is away, another may take the same key a second time.
   */
  readonly idempotencyKey?: string | undefined;
  /** How long the key is answered after the task has ended, in milliseconds, up to ten years. Default: 3,600,000 (an hour). */
  readonly keepForMs?: number | undefined;
}

/** How a `map` or `mapSettled` is done. All but `inFlight` holds for each of its tasks. */
export interface MapOptions extends RunOptions {
  /**
   * How many tasks may be under way: read from the input, and their result not yet taken by the loop. An integer from 1 to
   * 1,000,000. Default: 1024.
   */
  readonly inFlight?: number | undefined;
}

/** What goes along with each task of a call. Spans are whole milliseconds. */
export type TaskSettings = Pick<
  SubmitOptions,
  "attemptTimeoutMs" | "priority" | "delayMs" | "expiresMs" | "traceparent" | "idempotencyKey" | "keepForMs"
>;

/** Options as a call uses them. */
export interface CallSettings {
  /** Infinity: no limit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Undefined if all is at its default. */
  readonly task: TaskSettings | undefined;
  readonly inFlight: number;
  /** Undefined: the task's own. */
  readonly delivery: Delivery | undefined;
}

const defaults: CallSettings = {
  timeoutMs: Number.POSITIVE_INFINITY,
  signal: undefined,
  task: undefined,
  inFlight: submitLimits.inFlightDefault,
  delivery: undefined,
};

type Check = (value: unknown) => string | undefined;

const ms =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === "number" && value >= min && value <= max
      ? undefined
      : `milliseconds from ${min} to ${max}`;

const integer =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `an integer from ${min} to ${max}`;

const isSignal: Check = (value) =>
  value instanceof AbortSignal ? undefined : "an AbortSignal, such as AbortSignal.timeout(1000)";

const isTraceparent: Check = (value) => {
  if (typeof value !== "string" || value.length > wireLimits.traceparentCharsMax) {
    return `a W3C traceparent of at most ${wireLimits.traceparentCharsMax} characters`;
  }
  return parseTraceparent(value).ok ? undefined : "a W3C traceparent, 00-<32 hex>-<16 hex>-<2 hex>";
};

const waitChecks: Record<keyof WaitOptions, Check> = {
  timeoutMs: ms(1, contractLimits.timeoutMsMax),
  signal: isSignal,
};

const isDelivery: Check = (value) =>
  parseDelivery(value).ok ? undefined : '"at-least-once" or "at-most-once"';

/** Refused by name: as an unknown option it would look forgotten. */
const noDelivery: Check = () =>
  "left out: who waits for an outcome needs delivery at least once; submit and submitMany may choose";

const isKey: Check = (value) =>
  typeof value === "string" &&
  value.length >= 1 &&
  value.length <= wireLimits.keyCharsMax &&
  value.isWellFormed()
    ? undefined
    : `well-formed text of 1 to ${wireLimits.keyCharsMax} characters`;

/** Refused by name, too. */
const noKeyForMany: Check = () =>
  "left out: a key is one task's; call submit for each input, with a key of its own";
const noKeyForAnswers: Check = () =>
  "left out: whoever waits for an output needs a task of his own; submit takes keys";

const refusing: ReadonlySet<Check | undefined> = new Set([noDelivery, noKeyForMany, noKeyForAnswers]);

const commonChecks: Record<keyof RunOptions, Check> = {
  ...waitChecks,
  attemptTimeoutMs: ms(1, contractLimits.timeoutMsMax),
  priority: integer(-wireLimits.priorityMax, wireLimits.priorityMax),
  delayMs: ms(0, wireLimits.spanMsMax),
  expiresMs: ms(1, wireLimits.spanMsMax),
  traceparent: isTraceparent,
};

const submitChecks: Record<keyof SubmitOptions, Check> = {
  ...commonChecks,
  delivery: isDelivery,
  idempotencyKey: isKey,
  keepForMs: ms(0, wireLimits.spanMsMax),
};

const submitManyChecks: Record<keyof SubmitOptions, Check> = {
  ...submitChecks,
  idempotencyKey: noKeyForMany,
  keepForMs: noKeyForMany,
};

const runChecks: Record<keyof SubmitOptions, Check> = {
  ...commonChecks,
  delivery: noDelivery,
  idempotencyKey: noKeyForAnswers,
  keepForMs: noKeyForAnswers,
};

const mapChecks: Record<keyof (MapOptions & SubmitOptions), Check> = {
  ...runChecks,
  inFlight: integer(1, submitLimits.inFlightMax),
};

const checksOf = {
  submit: submitChecks,
  submitMany: submitManyChecks,
  run: runChecks,
  map: mapChecks,
  mapSettled: mapChecks,
  cancel: waitChecks,
};

export type CallName = keyof typeof checksOf;

/** @throws TQ_ERR_INVALID_OPTION, which names the option, its value and what would be right. */
export function parseCallOptions(
  call: CallName,
  options: (MapOptions & SubmitOptions) | undefined,
): CallSettings {
  if (options === undefined) return defaults;
  if (typeof options !== "object" || options === null) {
    throw invalid(`${call}: the options are an object, not ${preview(options)}`, { value: options });
  }
  const checks: Record<string, Check> = checksOf[call];
  for (const [option, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, option) ? checks[option] : undefined;
    if (check === undefined) {
      const known = Object.keys(checks)
        .filter((name) => !refusing.has(checks[name]))
        .join(", ");
      throw invalid(`${call}: unknown option ${option}; known are ${known}`, { option });
    }
    const allowed = value === undefined ? undefined : check(value);
    if (allowed !== undefined) {
      const message = `${call}: ${option} must be ${allowed}, not ${preview(value)}`;
      throw invalid(message, { option, value, allowed });
    }
  }
  if (options.keepForMs !== undefined && options.idempotencyKey === undefined) {
    const message = `${call}: keepForMs says how long an idempotencyKey is kept, and none is given`;
    throw invalid(message, { option: "keepForMs", value: options.keepForMs });
  }
  const { timeoutMs = defaults.timeoutMs, signal, inFlight = defaults.inFlight, delivery } = options;
  return { timeoutMs, signal, inFlight, delivery, task: taskSettings(options) };
}

/**
 * Which lane the tasks of a call take.
 *
 * @throws TQ_ERR_INVALID_OPTION for what the push lane cannot serve: it keeps no order but that of submission.
 */
export function replyOf(
  call: CallName,
  own: Delivery,
  { delivery = own, task }: CallSettings,
): "sink" | "push" {
  if (delivery === "at-least-once") return "sink";
  const option = (["priority", "delayMs", "idempotencyKey"] as const).find(
    (name) => task?.[name] !== undefined,
  );
  if (option === undefined) return "push";
  const message =
    option === "idempotencyKey"
      ? noKeyPushed(call)
      : `${call}: ${option} is not for tasks that are delivered at most once: they are sent in the order of their submission, as soon as a worker reads them; leave it out, or ask for delivery: "at-least-once"`;
  throw invalid(message, { option, value: task?.[option] });
}

const noKeyPushed = (call: CallName): string =>
  `${call}: idempotencyKey is not for tasks that are delivered at most once: nobody remembers them; leave it out, or ask for delivery: "at-least-once"`;

/** How long a key is answered after its task's end: whoever repeats a call does so within minutes. */
const keepForMsDefault = 3_600_000;

function taskSettings(options: SubmitOptions): TaskSettings | undefined {
  const { attemptTimeoutMs, priority, delayMs, expiresMs, traceparent } = options;
  const { idempotencyKey, keepForMs = keepForMsDefault } = options;
  const settings = {
    ...(attemptTimeoutMs !== undefined && { attemptTimeoutMs: Math.ceil(attemptTimeoutMs) }),
    ...(priority !== undefined && priority !== 0 && { priority }),
    ...(delayMs !== undefined && delayMs > 0 && { delayMs: Math.ceil(delayMs) }),
    ...(expiresMs !== undefined && { expiresMs: Math.ceil(expiresMs) }),
    ...(traceparent !== undefined && { traceparent }),
    ...(idempotencyKey !== undefined && { idempotencyKey, keepForMs: Math.ceil(keepForMs) }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

function invalid(message: string, details: Record<string, unknown>): TqError<"TQ_ERR_INVALID_OPTION"> {
  return new TqError("TQ_ERR_INVALID_OPTION", message, { details });
}
