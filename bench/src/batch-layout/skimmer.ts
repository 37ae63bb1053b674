/**
 * Walks one MessagePack value without decoding it: finds its end, and refuses what a decoder must not be given.
 *
 * msgpackr recurses once per level and hands extension bytes to code of its own, so depth and extension types would
 * have to be checked before it sees a peer's bytes. Element counts are compared with the bytes that are left, so a
 * header of a few bytes cannot ask for a large allocation. It knows nothing of batches. It does not check that strings
 * are valid UTF-8, since msgpackr replaces what is not, nor what a map's keys are, since msgpackr refuses those that
 * cannot be property names by throwing and nothing worse.
 */

/** Why a value was refused. A position is never negative, so these are. */
export const skimFaults = { truncated: -1, tooDeep: -2, extension: -3, token: -4 } as const;

export interface SkimRules {
  /** Containers that may be open at once; 0 allows scalars only. */
  readonly maxDepth: number;
  /** By extension type as an unsigned byte: 0 = refused, 1 = holds bytes, 2 = holds one value that fills it. */
  readonly extensions: Uint8Array;
}

/** Marks the first bytes that are followed by a length, an extension type, or nothing good. */
const counted = 255;
/** For the bytes from 0xc0 (nil) to 0xdb (str 32): how many bytes follow, or that more must be read to know. */
const fixedSizes = new Uint8Array(28).fill(counted);
fixedSizes.set([0], 0x00);
fixedSizes.set([0, 0], 0x02);
fixedSizes.set([4, 8, 1, 2, 4, 8, 1, 2, 4, 8], 0x0a);
/** For the same bytes: how many bytes of length follow, and how many more that the length does not count. */
const lengthSizes = new Uint8Array(28);
lengthSizes.set([1, 2, 4, 1, 2, 4], 0x04);
lengthSizes.set([1, 2, 4], 0x19);
const extraSizes = new Uint8Array(28);
extraSizes.set([1, 1, 1], 0x07);
extraSizes.set([2, 3, 5, 9, 17], 0x14);

export class Skimmer {
  readonly #maxDepth: number;
  readonly #extensions: Uint8Array;
  /** For each open container, the values that are still due in it. */
  readonly #open: Int32Array;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor({ maxDepth, extensions }: SkimRules) {
    this.#maxDepth = maxDepth;
    this.#extensions = extensions;
    this.#open = new Int32Array(maxDepth + 1);
  }

  /**
   * Returns the position behind the value that starts at `start`, or a negative fault. Nothing at or behind `end` is
   * read, so `skim(…) === end` says that the bytes are exactly one good value. `end` is below 2³¹.
   */
  skim(bytes: Uint8Array, start: number, end: number): number {
    this.#bytes = bytes;
    return this.#walk(start, end, 0);
  }

  #walk(start: number, end: number, base: number): number {
    const bytes = this.#bytes;
    const open = this.#open;
    let position = start;
    let depth = base;
    let due = 1;
    for (;;) {
      while (due === 0) {
        if (depth === base) return position;
        due = open[--depth] as number;
      }
      if (position >= end) return skimFaults.truncated;
      due--;
      const token = bytes[position++] as number;
      if (token < 0x80 || token >= 0xe0) continue;
      let count: number;
      if (token < 0x90) count = (token & 0x0f) << 1;
      else if (token < 0xa0) count = token & 0x0f;
      else if (token < 0xdc) {
        const size = token < 0xc0 ? token & 0x1f : (fixedSizes[token - 0xc0] as number);
        position = size === counted ? this.#afterCounted(position - 1, end, depth) : position + size;
        if (position < 0) return position;
        if (position > end) return skimFaults.truncated;
        continue;
      } else {
        const size = token & 1 ? 4 : 2;
        if (position + size > end) return skimFaults.truncated;
        count = readLength(bytes, position, size) * (token < 0xde ? 1 : 2);
        position += size;
      }
      if (count > end - position) return skimFaults.truncated;
      if (depth === this.#maxDepth) return skimFaults.tooDeep;
      open[depth++] = due;
      due = count;
    }
  }

  /** Behind a binary, an extension or a string of more than 31 bytes, which may be behind `end`. */
  #afterCounted(start: number, end: number, depth: number): number {
    const token = this.#bytes[start] as number;
    if (token === 0xc1) return skimFaults.token;
    const size = lengthSizes[token - 0xc0] as number;
    const body = start + 1 + size;
    if (body > end) return skimFaults.truncated;
    const length = size === 0 ? 0 : readLength(this.#bytes, start + 1, size);
    const after = body + length + (extraSizes[token - 0xc0] as number);
    if (after > end) return skimFaults.truncated;
    const isExtension = (token >= 0xc7 && token <= 0xc9) || (token >= 0xd4 && token <= 0xd8);
    return isExtension ? this.#afterExtension(body, after, depth) : after;
  }

  /** `start` is at the type byte. */
  #afterExtension(start: number, end: number, depth: number): number {
    const holds = this.#extensions[this.#bytes[start] as number] as number;
    if (holds === 0) return skimFaults.extension;
    if (holds === 1) return end;
    if (depth === this.#maxDepth) return skimFaults.tooDeep;
    const after = this.#walk(start + 1, end, depth + 1);
    return after < 0 || after === end ? after : skimFaults.extension;
  }
}

function readLength(bytes: Uint8Array, position: number, size: number): number {
  let length = bytes[position] as number;
  for (let index = 1; index < size; index++) length = length * 256 + (bytes[position + index] as number);
  return length;
}
