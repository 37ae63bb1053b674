/**
 * Splits a stream of bytes into numbered lines, as fast as they are taken and no faster.
 *
 * Node's readline would do, but it reads ahead without a limit, and one endless line would fill the memory.
 */
import { TqError } from "@tq/common";

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end, be it LF or CRLF. */
  readonly bytes: Buffer;
}

/** Four of the largest payloads: JSON may write a byte with six. Raised: memory. */
export const lineBytesMax = 64 * 1024 * 1024;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Errors: `TQ_ERR_INVALID_INPUT` for a line longer than the limit, which ends the reading; those of the stream. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number = lineBytesMax,
): AsyncGenerator<Line, void, undefined> {
  let number = 1;
  let pieces: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let to = bytes.indexOf(lineFeed); to !== -1; to = bytes.indexOf(lineFeed, from)) {
      yield { number, bytes: join(pieces, bytes.subarray(from, to)) };
      number += 1;
      from = to + 1;
      pieces = [];
      heldBytes = 0;
    }
    if (from === bytes.length) continue;
    pieces.push(bytes.subarray(from));
    heldBytes += bytes.length - from;
    if (heldBytes > bytesMax) {
      throw new TqError("TQ_ERR_INVALID_INPUT", `line ${number} is longer than ${bytesMax} bytes`);
    }
  }
  if (pieces.length > 0) yield { number, bytes: join(pieces, Buffer.alloc(0)) };
}

function join(pieces: readonly Buffer[], last: Buffer): Buffer {
  const whole = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
  return whole.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole;
}
