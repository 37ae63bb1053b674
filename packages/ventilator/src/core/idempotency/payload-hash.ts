/**
 * 64 bits that tell one input from another under the same idempotency key.
 *
 * Two lanes of 32 bits, because that is what a core can multiply without a promise or a BigInt; each mixes words as MurmurHash3
 * does (Austin Appleby, public domain), with constants of its own. It guards against mistakes and not against an enemy:
 * whoever finds another input with the same hash gets the first one's result, under a key that was his own.
 *
 * Journals hold such hashes: a change of it makes all keys in them conflicts.
 */
export interface PayloadBytes {
  readonly slab: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly attachments?: readonly Uint8Array[] | undefined;
}

/** As 16 hex digits. */
export function hashPayload({ slab, from, to, attachments = [] }: PayloadBytes): string {
  const lanes = { one: 0x9747b28c, two: 0x2f0b4a27 };
  mix(lanes, slab, { from, to });
  for (const frame of attachments) mix(lanes, frame, { from: 0, to: frame.length });
  const one = finish(lanes.one ^ lanes.two);
  const two = finish(lanes.two + one);
  return hex(one) + hex(two);
}

interface Lanes {
  one: number;
  two: number;
}

function mix(lanes: Lanes, bytes: Uint8Array, { from, to }: { from: number; to: number }): void {
  let { one, two } = lanes;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const word =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    one = step(one, word, 0xcc9e2d51);
    two = step(two, word ^ one, 0x85ebca6b);
  }
  let tail = 0;
  for (let shift = 0; at < to; at++, shift += 8) tail |= (bytes[at] ?? 0) << shift;
  // The length as well, so that it matters where one block ends and the next begins.
  one = step(step(one, tail, 0xcc9e2d51), to - from, 0xcc9e2d51);
  two = step(step(two, tail ^ one, 0x85ebca6b), to - from, 0x85ebca6b);
  lanes.one = one;
  lanes.two = two;
}

function step(lane: number, word: number, factor: number): number {
  let mixed = Math.imul(word, factor);
  mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  const next = lane ^ mixed;
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(lane: number): number {
  let mixed = lane;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
