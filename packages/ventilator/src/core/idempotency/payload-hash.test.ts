import { encodeValues } from "@tq/common/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hashPayload } from "./payload-hash.ts";

const hashOf = (bytes: Uint8Array, attachments?: readonly Uint8Array[]): string =>
  hashPayload({ slab: bytes, from: 0, to: bytes.length, attachments });

test("stays what it was: journals hold such hashes", () => {
  expect(hashOf(new Uint8Array())).toBe("1b8d7f2f1681b703");
  expect(hashOf(Uint8Array.of(1, 2, 3, 4, 5))).toBe("c5611abbe3894b49");
  expect(hashOf(Uint8Array.of(1, 2, 3, 4, 5), [Uint8Array.of(6)])).toBe("0c39df199eed92e0");
});

test("is of the bytes, wherever they lie", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(7), (bytes, offset) => {
      const slab = Uint8Array.from([...new Uint8Array(offset).fill(9), ...bytes, 9]);
      expect(hashPayload({ slab, from: offset, to: offset + bytes.length })).toBe(hashOf(bytes));
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("differs with every bit, with the length, and with where attachments begin", () => {
  const { slab } = encodeValues([{ order: 17, lines: ["a", "b"] }]);
  const seen = new Set([hashOf(slab)]);
  for (let bit = 0; bit < slab.length * 8; bit++) {
    const changed = Uint8Array.from(slab);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    seen.add(hashOf(changed));
  }
  seen.add(hashOf(Uint8Array.from([...slab, 0])));
  seen.add(hashOf(slab.subarray(0, 8), [slab.subarray(8)]));
  seen.add(hashOf(slab.subarray(0, 8), [slab.subarray(8, 12), slab.subarray(12)]));
  expect(seen.size).toBe(slab.length * 8 + 4);
});

test("is spread evenly over both halves", () => {
  const halves = [new Set<string>(), new Set<string>()];
  for (let n = 0; n < 20_000; n++) {
    const hash = hashOf(encodeValues([{ n }]).slab);
    halves[0]?.add(hash.slice(0, 8));
    halves[1]?.add(hash.slice(8));
  }
  // Among 20,000 random words of 32 bits 0.05 pairs are the same.
  for (const half of halves) expect(half.size).toBeGreaterThan(19_995);
});
