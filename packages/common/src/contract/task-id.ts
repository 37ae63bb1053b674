/**
 * The identity of a task: the origin that gave the id, and its running number. Whoever submits gives the id, so a
 * resubmission after an unknown outcome carries the same one and can be recognised.
 */
import { type Parsed, parsed, refused } from "./parsed.ts";
import { preview } from "./preview.ts";

/** 8 random bytes, drawn anew at each start of a producer, as 16 lower-case hex digits. On the wire: the 8 bytes. */
export type Origin = string;

/** A task id in its parts. */
export interface TaskId {
  readonly origin: Origin;
  /** From 1 to 2⁵³−1. */
  readonly seq: number;
}

export function isOrigin(value: unknown): value is Origin {
  return typeof value === "string" && /^[0-9a-f]{16}$/.test(value);
}

export function isSeq(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** `<16 hex>-<seq>`. Its arguments are taken as valid: whoever holds an origin and a seq got them checked. */
export function formatTaskId(origin: Origin, seq: number): string {
  return `${origin}-${seq}`;
}

/** Reads the one written form of a task id: lower case, no leading zeros, so that equal ids are equal texts. */
export function parseTaskId(text: string): Parsed<TaskId> {
  const [, origin, digits] = /^([0-9a-f]{16})-([1-9][0-9]{0,15})$/.exec(text) ?? [];
  if (origin === undefined || digits === undefined) {
    return refused(
      `a task id is written as 16 lower-case hex digits, "-" and a number from 1, not ${preview(text)}`,
    );
  }
  const seq = Number(digits);
  if (!isSeq(seq)) return refused(`a task id's number ends at 2^53-1, not ${digits}`);
  return parsed({ origin, seq });
}
