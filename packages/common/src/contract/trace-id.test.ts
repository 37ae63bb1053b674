import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mix64, parseTraceparent, traceIdOf } from "./trace-id.ts";
import { u64FromHex, u64ToHex } from "./u64.ts";

type Vector = { origin: string; seq: string; taskId: string; traceId: string };
const file = new URL("./trace-id.vectors.json", import.meta.url);
const { vectors }: { vectors: Vector[] } = JSON.parse(readFileSync(file, "utf8"));

test.each(vectors)("the trace of $taskId is that of the protocol's vectors", ({ origin, seq, traceId }) => {
  expect(traceIdOf(origin, Number(seq))).toBe(traceId);
});

const hex = (value: bigint) => value.toString(16).padStart(16, "0");
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const seqs = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const modulo = (value: bigint) => BigInt.asUintN(64, value);

/** mix64 as it is written in the protocol, in whole 64-bit numbers. */
function mixOf(value: bigint): bigint {
  const first = modulo((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn);
  const second = modulo((first ^ (first >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return second ^ (second >> 33n);
}

test("halves of 32 bits compute the same as whole 64-bit numbers", () => {
  fc.assert(
    fc.property(u64, seqs, (origin, seq) => {
      expect(traceIdOf(hex(origin), seq)).toBe(hex(origin) + hex(mixOf(origin ^ BigInt(seq))));
    }),
    { seed: 1, numRuns: 1_000 },
  );
});

test("mixing can be undone, so two tasks of one origin never share a trace", () => {
  // x ^ (x >> 33) undoes itself, and an odd factor has an inverse modulo 2^64, found by Newton's iteration.
  const inverse = (factor: bigint) => {
    let guess = factor;
    for (let bits = 3; bits < 64; bits *= 2) guess = modulo(guess * (2n - factor * guess));
    return guess;
  };
  const undone = (mixed: bigint) => {
    const second = modulo((mixed ^ (mixed >> 33n)) * inverse(0xc4ceb9fe1a85ec53n));
    const first = modulo((second ^ (second >> 33n)) * inverse(0xff51afd7ed558ccdn));
    return first ^ (first >> 33n);
  };
  fc.assert(
    fc.property(u64, (value) => {
      expect(undone(BigInt(`0x${u64ToHex(mix64(u64FromHex(hex(value))))}`))).toBe(value);
    }),
    { seed: 1, numRuns: 1_000 },
  );
});

test("a caller's valid traceparent brings its own trace, an invalid one is ignored", () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  expect(traceIdOf("0123456789abcdef", 1, `00-${trace}-00f067aa0ba902b7-01`)).toBe(trace);
  expect(traceIdOf("0123456789abcdef", 1, `00-${trace}`)).toBe(traceIdOf("0123456789abcdef", 1));
});

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = "00f067aa0ba902b7";

test.each([
  [`00-${trace}-${parent}-01`, true],
  [`00-${trace}-${parent}-00`, false],
  [`00-${trace}-${parent}-02`, false],
  [`cc-${trace}-${parent}-03-what-comes-later`, true],
])("reads the traceparent %s", (text, sampled) => {
  expect(parseTraceparent(text)).toEqual({
    ok: true,
    value: { traceId: trace, parentId: parent, sampled },
  });
});

test.each([
  ["", "written as"],
  [`00-${trace.toUpperCase()}-${parent}-01`, "lower case"],
  [`00-${trace}-${parent}`, "written as"],
  [`00-${trace}-${parent}-01-more`, "ends after its flags"],
  [`cc-${trace}-${parent}-01more`, "written as"],
  [`ff-${trace}-${parent}-01`, "ff"],
  [`00-${"0".repeat(32)}-${parent}-01`, "trace id"],
  [`00-${trace}-${"0".repeat(16)}-01`, "parent id"],
])("refuses the traceparent %j", (text, reason) => {
  expect(parseTraceparent(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
});
