/**
 * What tq knows of schemas: Standard Schema v1 and nothing of any library. Validation stays free of promises where the
 * schema answers at once, because it runs once per task at each end.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { contractLimits } from "./limits.ts";
import { toRemoteError } from "./remote-error.ts";
import { TqError } from "./tq-error.ts";

/** Any Standard Schema: zod, valibot, arktype, …, or `type<T>()`. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;
/** What a schema takes, before its defaults and transforms. */
export type InferInput<S extends Schema> = StandardSchemaV1.InferInput<S>;
/** What a schema gives, after its defaults and transforms. */
export type InferOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>;

const typeOnlyVendor = "tq";
const typeOnly: Schema = {
  "~standard": { version: 1, vendor: typeOnlyVendor, validate: (value) => ({ value }) },
};

/** A schema that only the compiler checks: at run time every value passes as it is. */
export function type<T>(): Schema<T, T> {
  return typeOnly as Schema<T, T>;
}

/**
 * Whether the schema was made by `type<T>()`, so that validating can be left out.
 * @internal
 */
export function isTypeOnly(schema: Schema): boolean {
  return schema["~standard"].vendor === typeOnlyVendor;
}

/** One thing that is wrong with a value. `details.issues` of `TQ_ERR_INVALID_INPUT` and `TQ_ERR_INVALID_OUTPUT` has them. */
export interface ValidationIssue {
  /** Where in the value, as `user.tags[3]`; empty for the value itself. */
  readonly path: string;
  /** What is wrong there, in the words of the schema. */
  readonly message: string;
}

export interface Valid<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Invalid {
  readonly ok: false;
  readonly issues: readonly ValidationIssue[];
  /** What the schema threw, if it threw instead of answering. */
  readonly cause?: unknown;
}

export type Validation<T> = Valid<T> | Invalid;

/**
 * Checks a value and gives what the schema makes of it. Answers at once where the schema does, with a promise where it does
 * not. Never throws or rejects: a schema that throws gives `Invalid` with a `cause`.
 * @internal
 */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
): Validation<InferOutput<S>> | Promise<Validation<InferOutput<S>>> {
  try {
    const result = schema["~standard"].validate(value);
    // Chained on the schema's own promise: this layer starts nothing asynchronous itself.
    if (isPromiseLike(result)) return result.then(toValidation<S>).then(undefined, schemaThrew);
    return toValidation<S>(result);
  } catch (thrown) {
    return schemaThrew(thrown);
  }
}

/** A promise of this or another realm, or a library's own: `instanceof` would miss the latter two. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function toValidation<S extends Schema>(
  result: StandardSchemaV1.Result<unknown>,
): Validation<InferOutput<S>> {
  if (result.issues) return { ok: false, issues: result.issues.map(toIssue) };
  return { ok: true, value: result.value };
}

function schemaThrew(thrown: unknown): Invalid {
  const { name, message } = toRemoteError(thrown);
  const issue = { path: "", message: `the schema itself threw ${name}: ${message}` };
  return { ok: false, issues: [issue], cause: thrown };
}

function toIssue({ message, path = [] }: StandardSchemaV1.Issue): ValidationIssue {
  let text = "";
  for (const segment of path) {
    const key = typeof segment === "object" ? segment.key : segment;
    if (typeof key === "number") text += `[${key}]`;
    else if (typeof key === "symbol") text += `[${String(key)}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(key)) text += text === "" ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  }
  return { path: text, message };
}

/**
 * The issues in one line, as `path: message; path: message`, the first few of them.
 * @internal
 */
export function formatIssues(issues: readonly ValidationIssue[]): string {
  const shown = issues.slice(0, contractLimits.issuesShownMax);
  const lines = shown.map(({ path, message }) => `${path || "(value)"}: ${message}`);
  const more = issues.length - shown.length;
  return more > 0 ? `${lines.join("; ")}; and ${more} more` : lines.join("; ");
}

/** @internal */
export function invalidInputError(task: string, { issues, cause }: Invalid): TqError<"TQ_ERR_INVALID_INPUT"> {
  const message = `the input of ${task} does not fit its schema: ${formatIssues(issues)}`;
  return new TqError("TQ_ERR_INVALID_INPUT", message, {
    details: { task, issues },
    ...(cause !== undefined && { cause }),
  });
}

/** @internal */
export function invalidOutputError(
  task: string,
  { issues, cause }: Invalid,
): TqError<"TQ_ERR_INVALID_OUTPUT"> {
  const message = `the output of ${task} does not fit its schema: ${formatIssues(issues)}`;
  return new TqError("TQ_ERR_INVALID_OUTPUT", message, {
    details: { task, issues },
    ...(cause !== undefined && { cause }),
  });
}
