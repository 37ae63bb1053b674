/**
 * Decides for each body of one channel whether it leaves as an LZ4 block.
 *
 * Small bodies are left alone. A body that does not shrink by an eighth leaves as it was, and after it the next 8 are not
 * even tried; then 16, and so on: whoever sends images pays for one try in a thousand. One that shrinks ends that at once, so
 * that a channel whose traffic changes is noticed. Counted in bodies and not in time, so that the same bodies always leave
 * in the same form.
 */
import { packBody, packedBytesMin } from "./body.ts";

/** What became of the bodies that were large enough to be packed. */
export interface CompressionStats {
  /** Bodies that left as LZ4 blocks. */
  readonly bodies: number;
  /** Their bytes before. */
  readonly bytesBefore: number;
  /** Their bytes after. */
  readonly bytesAfter: number;
  /** Bodies that were tried and did not shrink by an eighth. */
  readonly incompressible: number;
  /** Bodies that were not tried, because those before them did not shrink. */
  readonly untried: number;
}

export type CompressionCounts = { -readonly [Name in keyof CompressionStats]: number };

export const noCompression = (): CompressionCounts => ({
  bodies: 0,
  bytesBefore: 0,
  bytesAfter: 0,
  incompressible: 0,
  untried: 0,
});

const firstPause = 8;
const longestPause = 1024;

export class BodyPacker {
  readonly #counts: CompressionCounts;
  #pause = firstPause;
  /** Bodies that are still to pass untried. */
  #passing = 0;

  /** `counts` may be shared by the packers of several channels. */
  constructor(counts: CompressionCounts) {
    this.#counts = counts;
  }

  /** The slab as an LZ4 block, or undefined where it is to leave as it is. */
  readonly pack = (slab: Uint8Array): Uint8Array | undefined => {
    if (slab.length < packedBytesMin) return undefined;
    const counts = this.#counts;
    if (this.#passing > 0) {
      this.#passing -= 1;
      counts.untried += 1;
      return undefined;
    }
    const packed = packBody(slab);
    if (packed === undefined) {
      counts.incompressible += 1;
      this.#passing = this.#pause;
      this.#pause = Math.min(2 * this.#pause, longestPause);
      return undefined;
    }
    this.#pause = firstPause;
    counts.bodies += 1;
    counts.bytesBefore += slab.length;
    counts.bytesAfter += packed.length;
    return packed;
  };
}
