/**
 * The column of a header that says which task each attachment belongs to, and how many bytes it has: `[positions, bytes]`.
 *
 * With it a message is complete or it is none: a frame that is missing, too many, or cut off is noticed before anything is
 * made of the others.
 */
import type { ByteWriter } from "./byte-writer.ts";
import { wireLimits } from "./limits.ts";
import type { Attachments } from "./messages.ts";
import { pair, uints } from "./read-columns.ts";
import { Violates } from "./violation.ts";

export function writeAttachments(writer: ByteWriter, { at, frames }: Attachments): void {
  writer.arrayHeader(2);
  writer.uints(at);
  writer.uints(frames.map(({ length }) => length));
}

/** `raw`: the field as it came, absent where it did not. Throws `Violates`. */
export function readAttachments(
  raw: unknown,
  frames: readonly Uint8Array[],
  count: number,
): Attachments | undefined {
  if (raw === undefined && frames.length === 0) return undefined;
  const [rawAt, rawBytes] = raw === undefined ? [[], []] : pair(raw, "attachments");
  const at = uints(rawAt, "attachments");
  const bytes = uints(rawBytes, "attachments");
  if (at.length !== bytes.length)
    throw new Violates("inconsistent", `attachments have ${at.length} positions and ${bytes.length} sizes`);
  if (at.length !== frames.length)
    throw new Violates("frames", `${frames.length} frames for ${at.length} attachments`);
  if (frames.length === 0) throw new Violates("range", "attachments is there, and empty");
  checkPositions(at, count);
  checkBytes(bytes, frames);
  return { at, frames };
}

function checkPositions(at: readonly number[], count: number): void {
  let before = 0;
  for (const position of at) {
    if (position < before || position >= count)
      throw new Violates("inconsistent", `attachments have a position that falls or is not below ${count}`);
    before = position;
  }
}

function checkBytes(bytes: readonly number[], frames: readonly Uint8Array[]): void {
  const { attachmentBytesMin, bodyBytesMax } = wireLimits;
  let sum = 0;
  for (const [index, frame] of frames.entries()) {
    if (frame.length !== bytes[index])
      throw new Violates("inconsistent", `an attachment of ${bytes[index]} bytes came with ${frame.length}`);
    if (frame.length < attachmentBytesMin)
      throw new Violates(
        "range",
        `an attachment has ${frame.length} bytes, not ${attachmentBytesMin} or more`,
      );
    sum += frame.length;
  }
  if (sum > bodyBytesMax) throw new Violates("too-large", `the attachments have ${sum} bytes`);
}
