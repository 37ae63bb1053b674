/**
 * The little 64-bit arithmetic that ids and hashes need, in two unsigned 32-bit halves: BigInt costs an allocation per step.
 */

/** An unsigned 64-bit number: both halves from 0 to 2³²−1. */
export interface U64 {
  readonly hi: number;
  readonly lo: number;
}

export function u64FromHex(hex16: string): U64 {
  return { hi: Number.parseInt(hex16.slice(0, 8), 16), lo: Number.parseInt(hex16.slice(8), 16) };
}

export function u64FromSafeInteger(value: number): U64 {
  return { hi: Math.floor(value / 2 ** 32), lo: value >>> 0 };
}

/** Each byte's two digits: a lookup is four times as fast as `toString(16).padStart(…)`, and a sink may write an id per task. */
const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** 16 lower-case hex digits. */
export function u64ToHex({ hi, lo }: U64): string {
  return u32ToHex(hi) + u32ToHex(lo);
}

function u32ToHex(value: number): string {
  let text = "";
  for (let shift = 24; shift >= 0; shift -= 8) text += hexOfByte[(value >>> shift) & 0xff];
  return text;
}

export function xorU64(a: U64, b: U64): U64 {
  return { hi: (a.hi ^ b.hi) >>> 0, lo: (a.lo ^ b.lo) >>> 0 };
}

/** The product modulo 2⁶⁴. */
export function multiplyU64(a: U64, b: U64): U64 {
  // a.lo · b.lo in full: b.lo is split in 16-bit halves so that each partial product stays below 2⁴⁸ and exact.
  const low = a.lo * (b.lo & 0xffff);
  const high = a.lo * (b.lo >>> 16) + Math.floor(low / 2 ** 16);
  const lo = (((high & 0xffff) << 16) | (low & 0xffff)) >>> 0;
  const carry = Math.floor(high / 2 ** 16);
  return { hi: (carry + Math.imul(a.hi, b.lo) + Math.imul(a.lo, b.hi)) >>> 0, lo };
}
