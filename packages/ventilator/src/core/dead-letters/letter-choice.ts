/** Reads what a question about dead letters is about. Whoever asks may be of any make: nothing is taken for granted. */
import type { DeadLetterChoice, DeadLetterListing } from "@tq/common/protocol";

/** Letters in one list. Raised: the size of an answer, and the time that one takes. */
export const listedMax = 1_000;
const listedDefault = 100;

type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

export function readChoice(params: unknown): Read<DeadLetterChoice> {
  const fields = fieldsOf(params);
  return readFields(fields, ["taskId", "task", "outcome", "after", "upTo"]);
}

export function readListing(params: unknown): Read<DeadLetterListing & { readonly limit: number }> {
  const fields = fieldsOf(params);
  const read = readFields(fields, ["task", "outcome", "after", "upTo", "limit"]);
  return read.ok ? { ok: true, value: { limit: listedDefault, ...read.value } } : read;
}

export function readTaskId(params: unknown): Read<string> {
  const read = readFields(fieldsOf(params), ["taskId"]);
  if (!read.ok) return read;
  const { taskId } = read.value;
  return taskId === undefined ? { ok: false, message: "taskId is missing" } : { ok: true, value: taskId };
}

type Fields = DeadLetterChoice & { readonly limit?: number };

const isPlace = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const checks: Readonly<Record<keyof Fields, readonly [fits: (value: unknown) => boolean, what: string]>> = {
  taskId: [(value) => typeof value === "string" && value.length <= 64, "a task id"],
  task: [(value) => typeof value === "string" && value.length <= 1_000, "the name of a task"],
  outcome: [(value) => value === "failed" || value === "dead", '"failed" or "dead"'],
  after: [isPlace, "a whole number from 0"],
  upTo: [isPlace, "a whole number from 0"],
  limit: [
    (value) => isPlace(value) && Number(value) >= 1 && Number(value) <= listedMax,
    `a whole number from 1 to ${listedMax}`,
  ],
};

function fieldsOf(params: unknown): ReadonlyMap<string, unknown> {
  if (params instanceof Map || typeof params !== "object" || params === null) return new Map();
  return new Map(Object.entries(params).filter(([, value]) => value !== undefined && value !== null));
}

/** Fields that are not named are passed over: a later version may say more. */
function readFields(fields: ReadonlyMap<string, unknown>, names: readonly (keyof Fields)[]): Read<Fields> {
  const read: Record<string, unknown> = {};
  for (const name of names) {
    const value = fields.get(name);
    if (value === undefined) continue;
    const [fits, what] = checks[name];
    if (!fits(value)) return { ok: false, message: `${name} must be ${what}` };
    read[name] = value;
  }
  return { ok: true, value: read as Fields };
}
