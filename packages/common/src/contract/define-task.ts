/**
 * The definition of a task: its name, what it takes and gives, and how it is tried. It is the one thing that caller, worker
 * and sink share, so all that can be wrong with it is said here, when the file is loaded, and not at the first task.
 */
import { hasBrand, setBrand } from "./brand.ts";
import { contractIdOf } from "./contract-id.ts";
import { type Delivery, parseDelivery } from "./delivery.ts";
import { contractLimits } from "./limits.ts";
import { type Parsed, parsed, refused } from "./parsed.ts";
import { preview } from "./preview.ts";
import type { InferInput, InferOutput, Schema } from "./schema.ts";
import { type BackoffPolicy, defaultPolicy, parsePolicy, type TaskPolicy } from "./task-policy.ts";
import { TqError } from "./tq-error.ts";

const taskBrand = Symbol.for("tq.task");

/** The progress type of a task without a `progress` schema: no value fits it, and its name is what the editor shows. */
export interface NoProgressSchemaDeclared {
  readonly "add a progress schema to defineTask to report progress": never;
}

/** How often a task is tried, and how long the waits in between are. */
export interface RetryOptions {
  /** How many attempts may fail before the task fails, from 1 (no retry) to 1,000. Default: 3. */
  readonly maxAttempts?: number;
  /** The waits between attempts; what is left out has its default. */
  readonly backoff?: Partial<BackoffPolicy>;
}

/** What `defineTask` takes: the contract of a task, and how it is tried. */
export interface TaskOptions<Input extends Schema, Output extends Schema, Progress extends Schema> {
  /** 1 to 128 of `A-Z a-z 0-9 . _ : / -`; the same in every process. */
  readonly name: string;
  /** What a call takes: any Standard Schema, or `type<T>()`. */
  readonly input: Input;
  /** What a call gives. */
  readonly output: Output;
  /** What `ctx.progress` takes. Default: the task reports none. */
  readonly progress?: Progress;
  /**
   * The contract's version, 1 to 64 characters like a name's. Tasks go only to workers with the same one. Default: a hash of
   * the schemas' JSON Schemas; where they have none, any worker with the name matches.
   */
  readonly version?: string;
  /**
   * How often its tasks are run. `submit` and `submitMany` may say otherwise for a call; `run` and `map` wait for outcomes, so
   * they always deliver at least once. Under `at-most-once`, `retry` and `crashLimit` are not used: a failed attempt is final.
   * Default: `at-least-once`.
   */
  readonly delivery?: Delivery;
  /** How failed attempts are repeated. Default: three attempts, 100 ms apart at first, then twice as long each time. */
  readonly retry?: RetryOptions;
  /** How long one attempt may run, in milliseconds, from 1 to 2³¹−1. Default: 900,000 (15 minutes). */
  readonly timeoutMs?: number;
  /** How many workers the task may take down before it is dead, from 1 to 1,000. Default: 3. */
  readonly crashLimit?: number;
}

/** What `defineTask` makes. Frozen. */
export interface TaskDefinition<Input extends Schema, Output extends Schema, Progress extends Schema> {
  readonly name: string;
  readonly input: Input;
  readonly output: Output;
  readonly progress: Progress | undefined;
  readonly delivery: Delivery;
  readonly policy: TaskPolicy;
  /** Undefined matches any worker with the name. */
  readonly contractId: string | undefined;
}

/** Any task definition. */
export type AnyTask = TaskDefinition<Schema, Schema, Schema>;

/** What the caller gives. */
export type TaskInput<Task extends AnyTask> = InferInput<Task["input"]>;
/** What the handler gets: the input after its schema's defaults and transforms. */
export type HandlerInput<Task extends AnyTask> = InferOutput<Task["input"]>;
/** What the handler returns. */
export type HandlerOutput<Task extends AnyTask> = InferInput<Task["output"]>;
/** What the consumer gets: the output after its schema's defaults and transforms. */
export type TaskOutput<Task extends AnyTask> = InferOutput<Task["output"]>;
/** What the handler reports as progress. */
export type ProgressInput<Task extends AnyTask> = InferInput<NonNullable<Task["progress"]>>;
/** What whoever watches the progress gets. */
export type ProgressOutput<Task extends AnyTask> = InferOutput<NonNullable<Task["progress"]>>;

/**
 * Defines a task.
 *
 * @throws TQ_ERR_INVALID_TASK if an option is missing, unknown or out of its range.
 */
export function defineTask<
  Input extends Schema,
  Output extends Schema,
  Progress extends Schema = Schema<NoProgressSchemaDeclared>,
>(options: TaskOptions<Input, Output, Progress>): TaskDefinition<Input, Output, Progress> {
  const name = orThrow(parseTaskName(options.name), "defineTask");
  const where = `defineTask(${JSON.stringify(name)})`;
  refuseUnknown(options, optionNames, where);
  const { input, output, progress, version, delivery = "at-least-once" } = options;
  refuseNonSchema(input, `${where}: input`);
  refuseNonSchema(output, `${where}: output`);
  if (progress !== undefined) refuseNonSchema(progress, `${where}: progress`);
  if (version !== undefined) orThrow(parseContractId(version), `${where}: version`);
  const task = {
    name,
    input,
    output,
    progress,
    delivery: orThrow(parseDelivery(delivery), where),
    policy: policyOf(options, where),
    contractId: contractIdOf({ version, input, output }),
  };
  setBrand(task, taskBrand);
  return Object.freeze(task);
}

/** Whether the value was made by `defineTask`, of this or another copy of the package. */
export function isTask(value: unknown): value is AnyTask {
  return hasBrand(value, taskBrand);
}

/** @internal */
export function parseTaskName(value: unknown): Parsed<string> {
  return parseLabel(value, "a task's name", contractLimits.taskNameCharsMax);
}

/** @internal */
export function parseContractId(value: unknown): Parsed<string> {
  return parseLabel(value, "a contract id", contractLimits.contractIdCharsMax);
}

function parseLabel(value: unknown, what: string, charsMax: number): Parsed<string> {
  if (typeof value === "string" && value.length <= charsMax && /^[A-Za-z0-9._:/-]+$/.test(value)) {
    return parsed(value);
  }
  return refused(`${what} is 1 to ${charsMax} characters of A-Z a-z 0-9 . _ : / -, not ${preview(value)}`);
}

type Options = TaskOptions<Schema, Schema, Schema>;

const optionNames: Record<keyof Options, true> = {
  name: true,
  input: true,
  output: true,
  progress: true,
  version: true,
  delivery: true,
  retry: true,
  timeoutMs: true,
  crashLimit: true,
};
const retryNames: Record<keyof RetryOptions, true> = { maxAttempts: true, backoff: true };

function policyOf({ retry = {}, timeoutMs, crashLimit }: Options, where: string): TaskPolicy {
  refuseUnknown(retry, retryNames, `${where}: retry`);
  const { maxAttempts = defaultPolicy.maxAttempts, backoff = {} } = retry;
  refuseUnknown(backoff, defaultPolicy.backoff, `${where}: retry.backoff`);
  const initialMs = backoff.initialMs ?? defaultPolicy.backoff.initialMs;
  const maxMs = Math.max(defaultPolicy.backoff.maxMs, initialMs);
  const policy = orThrow(
    parsePolicy({
      maxAttempts,
      crashLimit: crashLimit ?? defaultPolicy.crashLimit,
      timeoutMs: timeoutMs ?? defaultPolicy.timeoutMs,
      backoff: { ...defaultPolicy.backoff, maxMs, ...backoff },
    }),
    where,
  );
  return Object.freeze({ ...policy, backoff: Object.freeze(policy.backoff) });
}

function refuseNonSchema(value: unknown, where: string): void {
  // A schema may be a function: arktype's are.
  const standard: unknown =
    (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value
      ? value["~standard"]
      : undefined;
  const fits =
    typeof standard === "object" &&
    standard !== null &&
    "validate" in standard &&
    typeof standard.validate === "function";
  if (!fits) {
    throw invalidTask(
      `${where} must be a Standard Schema, such as z.object({…}) or type<T>(), not ${preview(value)}`,
    );
  }
}

/** A mistyped option would otherwise be a default in silence. */
function refuseUnknown(given: object, known: object, where: string): void {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  throw invalidTask(
    `${where}: unknown option ${JSON.stringify(unknown)}; known are ${Object.keys(known).join(", ")}`,
  );
}

function orThrow<T>(result: Parsed<T>, where: string): T {
  if (result.ok) return result.value;
  throw invalidTask(`${where}: ${result.reason}`);
}

function invalidTask(message: string): TqError<"TQ_ERR_INVALID_TASK"> {
  return new TqError("TQ_ERR_INVALID_TASK", message);
}
