/**
 * From a trace id back to the task that it was computed for: mix64 is a bijection, so nothing has to be searched.
 *
 * A trace id that a producer brought along gives a task, too, one that nobody has submitted. Whoever looks for tasks asks
 * for both.
 */
import { isSeq, type TaskId } from "./task-id.ts";
import { multiplyU64, type U64, u64FromHex, xorU64 } from "./u64.ts";

/** Inverses modulo 2⁶⁴ of the factors of mix64. */
const firstInverse = u64FromHex("4f74430c22a54005");
const secondInverse = u64FromHex("9cb4b2f8129337db");

/** Nothing where no task can have this trace id of itself. */
export function taskOfTraceId(traceId: string): TaskId | undefined {
  if (!/^[0-9a-f]{32}$/.test(traceId)) return undefined;
  const origin = traceId.slice(0, 16);
  const { hi, lo } = xorU64(unmix64(u64FromHex(traceId.slice(16))), u64FromHex(origin));
  const seq = hi * 2 ** 32 + lo;
  return isSeq(seq) ? { origin, seq } : undefined;
}

function unmix64(value: U64): U64 {
  return xorShift33(multiplyU64(xorShift33(multiplyU64(xorShift33(value), secondInverse)), firstInverse));
}

/** Its own inverse: 33 is more than half of 64. */
const xorShift33 = ({ hi, lo }: U64): U64 => ({ hi, lo: (lo ^ (hi >>> 1)) >>> 0 });
