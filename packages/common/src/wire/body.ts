/**
 * The body frame: the values as they are, or as one LZ4 block.
 *
 * The block has its raw size in front, four bytes, little-endian, as most LZ4 bindings write and want it. The header
 * says the same number: it is held against the limit, and against those four bytes, before anything is allocated.
 */
import { compressSync, uncompressSync } from "lz4-napi";
import { Violates } from "./violation.ts";

/** Below this, compressing costs more than it saves. */
export const packedBytesMin = 2048;
/** What must be saved for the other side to be given the work of unpacking: an eighth. */
const worthwhileShare = 7 / 8;

/** The slab as one LZ4 block, if that is worth it. */
export function packBody(slab: Uint8Array): Uint8Array | undefined {
  if (slab.length < packedBytesMin) return undefined;
  const packed = compressSync(Buffer.from(slab.buffer, slab.byteOffset, slab.length));
  return packed.length <= slab.length * worthwhileShare ? packed : undefined;
}

/**
 * `rawBytes`: what the header says under `lz4`; absent for a body that is not packed. `bytesMax`: what the limit of a body
 * leaves for it. Throws `Violates`.
 */
export function unpackBody(frame: Uint8Array, rawBytes: unknown, bytesMax: number): Uint8Array {
  if (frame.length > bytesMax) throw new Violates("too-large", `the body has ${frame.length} bytes`);
  if (rawBytes === undefined) return frame;
  if (!Number.isSafeInteger(rawBytes)) throw new Violates("type", "lz4 is no integer");
  const raw = rawBytes as number;
  if (raw < 0 || raw > bytesMax) throw new Violates("too-large", `the body unpacks to ${raw} bytes`);
  const prefix = frame.length < 4 ? -1 : new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
  if (prefix !== raw) throw new Violates("inconsistent", `lz4 says ${raw} bytes, the block says ${prefix}`);
  const unpacked = tryUnpack(frame);
  if (unpacked?.length !== raw) throw new Violates("malformed", "the body is no LZ4 block of that size");
  return unpacked;
}

function tryUnpack(frame: Uint8Array): Uint8Array | undefined {
  try {
    return uncompressSync(frame);
  } catch {
    return undefined;
  }
}
