/**
 * The trace id of a task, W3C Trace Context style, computed from its identity when somebody looks at it, so that it costs
 * nothing on the wire: the first 8 bytes are the origin, the last 8 are mix64(origin ⊕ seq).
 *
 * Why mixed: samplers decide by the last bytes of the trace id, and a plain running number there would be sampled all or
 * nothing. Why a bijection: two tasks of one origin can never share a trace. mix64 is the 64-bit finaliser of MurmurHash3
 * (Austin Appleby, public domain); its vectors are in trace-id.vectors.json. Never all zeros, which W3C forbids: that would
 * need an origin of zero and a seq of zero, since mix64 maps only zero to zero.
 */
import { type Parsed, parsed, refused } from "./parsed.ts";
import { preview } from "./preview.ts";
import type { Origin } from "./task-id.ts";
import { multiplyU64, type U64, u64FromHex, u64FromSafeInteger, u64ToHex, xorU64 } from "./u64.ts";

const firstFactor = u64FromHex("ff51afd7ed558ccd");
const secondFactor = u64FromHex("c4ceb9fe1a85ec53");

/**
 * A task's trace id as 32 lower-case hex digits. A valid `traceparent` brings its own trace id; an invalid one is ignored,
 * as W3C demands, and the computed id stands.
 */
export function traceIdOf(origin: Origin, seq: number, traceparent?: string): string {
  if (traceparent !== undefined) {
    const own = parseTraceparent(traceparent);
    if (own.ok) return own.value.traceId;
  }
  return origin + u64ToHex(mix64(xorU64(bitsOf(origin), u64FromSafeInteger(seq))));
}

/** The origin that was read last. Tasks come in runs of one origin, and reading it is half the cost of a trace id. */
let lastOrigin: Origin = "0000000000000000";
let lastBits: U64 = { hi: 0, lo: 0 };

function bitsOf(origin: Origin): U64 {
  if (origin !== lastOrigin) {
    lastBits = u64FromHex(origin);
    lastOrigin = origin;
  }
  return lastBits;
}

/** A bijection on 64 bits in which every bit of the input moves about half the bits of the output. */
export function mix64(value: U64): U64 {
  return xorShift33(multiplyU64(xorShift33(multiplyU64(xorShift33(value), firstFactor)), secondFactor));
}

/** value ⊕ (value >> 33). */
function xorShift33({ hi, lo }: U64): U64 {
  return { hi, lo: (lo ^ (hi >>> 1)) >>> 0 };
}

export interface Traceparent {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly parentId: string;
  readonly sampled: boolean;
}

const zeros = /^0+$/;

/**
 * Reads a W3C `traceparent` header (Trace Context, level 1): `00-<32 hex>-<16 hex>-<2 hex>`. A later version may append
 * fields; what is known of it is read, as W3C says.
 */
export function parseTraceparent(text: string): Parsed<Traceparent> {
  const [, version, traceId, parentId, flags, rest] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s.exec(text) ?? [];
  if (traceId === undefined || parentId === undefined || flags === undefined) {
    return refused(
      `a traceparent is written as 00-<32 hex>-<16 hex>-<2 hex>, lower case, not ${preview(text)}`,
    );
  }
  if (version === "ff") return refused("a traceparent's version cannot be ff");
  if (version === "00" && rest !== undefined)
    return refused("a traceparent of version 00 ends after its flags");
  if (zeros.test(traceId)) return refused("a traceparent's trace id cannot be all zeros");
  if (zeros.test(parentId)) return refused("a traceparent's parent id cannot be all zeros");
  return parsed({ traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 });
}
