/**
 * Many values as one gap-free slab of MessagePack, and back, by msgpackr and the skimmer: the best that was found
 * without a codec of our own.
 *
 * The values are packed as one array, whose header is then cut off, and the skimmer finds the lengths. So one call
 * serves the whole batch, only documented functions are used, and the sender learns at once what the receiver would
 * refuse. Decoding reads all values in one call, after each was skimmed within its own length: a malformed value is
 * found without harm to its neighbours.
 */

import { type Options, Packr } from "msgpackr";
import type { Skimmer } from "./skimmer.ts";

/** What standard MessagePack needs; the rest stays at its default. */
export const packrOptions: Options = { useRecords: false, variableMapSize: true };

const packr = new Packr(packrOptions);

/** A slab that is this much larger than what it carries is left behind, lest small batches pin it. */
const slabBytesMin = 64 * 1024;
const slabRatioMax = 16;

export interface Slab {
  readonly slab: Uint8Array;
  /** Bytes of each value, in order; their sum is `slab.length`. */
  readonly lengths: readonly number[];
}

/** Throws what msgpackr throws, and a RangeError for a value that a receiver with this skimmer would refuse. */
export function packSlab(values: readonly unknown[], skimmer: Skimmer): Slab {
  const packed = packr.pack(values);
  if (packed.buffer.byteLength > Math.max(slabBytesMin, slabRatioMax * packed.length)) {
    packr.useBuffer(Buffer.allocUnsafeSlow(slabBytesMin));
  }
  const start = arrayHeaderBytes(values.length);
  const lengths = new Array<number>(values.length);
  let position = start;
  for (let index = 0; index < lengths.length; index++) {
    const end = skimmer.skim(packed, position, packed.length);
    if (end < 0) throw new RangeError(`value ${index} of the batch cannot be sent (${end})`);
    lengths[index] = end - position;
    position = end;
  }
  return { slab: packed.subarray(start), lengths };
}

/** The index of the first value that is refused or that its length does not fit; -1 = none. */
export function findBadValue({ slab, lengths }: Slab, skimmer: Skimmer): number {
  let position = 0;
  for (let index = 0; index < lengths.length; index++) {
    const end = position + (lengths[index] as number);
    if (end > slab.length || skimmer.skim(slab, position, end) !== end) return index;
    position = end;
  }
  return position === slab.length ? -1 : lengths.length;
}

/** Only for a slab without a bad value. Throws where a map's key cannot be a property name. */
export function unpackSlab({ slab, lengths }: Slab): unknown[] {
  return lengths.length === 0 ? [] : packr.unpackMultiple(slab);
}

/** How many bytes msgpackr puts before an array's elements. */
export function arrayHeaderBytes(count: number): number {
  if (count < 16) return 1;
  return count < 65_536 ? 3 : 5;
}
