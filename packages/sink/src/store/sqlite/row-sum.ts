/**
 * Checksums of a store's rows. SQLite finds a page that makes no sense, not a byte of a value that is another one now: and one
 * wrong digit in what is known of ids would drop a result as a repetition, without a word.
 */
import { crc32 } from "node:zlib";

/** What tells a result from others, and what became of it. */
export interface ResultFacts {
  readonly origin: string;
  readonly seq: number;
  readonly task: string;
  readonly outcome: string;
}

export function sumOfResult(
  { origin, seq, task, outcome }: ResultFacts,
  value: Uint8Array,
  attachments: readonly Uint8Array[] = [],
): number {
  let sum = crc32(value, crc32(`${origin}-${seq} ${task} ${outcome} `));
  for (const frame of attachments) sum = crc32(frame, sum);
  return sum;
}

/** Of all that is known of an origin's ids. */
export const sumOfOrigin = (origin: string, below: number, ranges: string): number =>
  crc32(`${origin} ${below} ${ranges}`);
