import fc from "fast-check";
import { Packr } from "msgpackr";
import { expect, test } from "vitest";
import { packrOptions } from "./skimmed-slab.ts";
import { Skimmer, skimFaults } from "./skimmer.ts";

const packr = new Packr(packrOptions);
/** 0xff holds bytes, 0x01 holds a value. */
const extensions = new Uint8Array(256);
extensions[0xff] = 1;
extensions[0x01] = 2;
const skimmer = new Skimmer({ maxDepth: 4, extensions });

function skimAll(...bytes: number[]): number {
  return skimmer.skim(Uint8Array.from(bytes), 0, bytes.length);
}

test("the end of what msgpackr packs is found, whatever follows", () => {
  const values = fc.anything({
    maxDepth: 3,
    withDate: true,
    withTypedArray: false,
    withBigInt: false,
    values: [
      fc.string({ maxLength: 70_000, size: "max" }),
      fc.uint8Array({ maxLength: 300 }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
    ],
  });
  const deep = new Skimmer({ maxDepth: 64, extensions });
  fc.assert(
    fc.property(values, fc.uint8Array({ maxLength: 9 }), (value, tail) => {
      const packed = packr.pack(value ?? null);
      const bytes = Buffer.concat([packed, tail]);
      expect(deep.skim(bytes, 0, bytes.length)).toBe(packed.length);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("every cut-off value is refused as truncated", () => {
  const packed = packr.pack([
    { a: "x".repeat(40), b: [1, -1, 300, 70_000, 1.5] },
    new Date(1),
    Buffer.alloc(300),
  ]);
  for (let end = 0; end < packed.length; end++)
    expect(skimmer.skim(packed, 0, end)).toBe(skimFaults.truncated);
});

test("containers may be open as deep as the rules say and no deeper", () => {
  expect(skimAll(0x91, 0x91, 0x81, 0xa0, 0x90)).toBe(5);
  expect(skimAll(0x91, 0x91, 0x91, 0x91, 0x90)).toBe(skimFaults.tooDeep);
});

test("an extension that holds a value counts as a level and must be filled by it", () => {
  expect(skimAll(0xc7, 2, 0x01, 0x91, 0x07)).toBe(5);
  expect(skimAll(0xc7, 3, 0x01, 0x91, 0x07, 0x07)).toBe(skimFaults.extension);
  expect(skimAll(0xc7, 1, 0x01, 0x91, 0x07)).toBe(skimFaults.truncated);
  expect(skimAll(0x91, 0x91, 0x91, 0xc7, 2, 0x01, 0x91, 0x07)).toBe(skimFaults.tooDeep);
});

test("an extension type that is not allowed is refused wherever it stands", () => {
  expect(skimAll(0xd4, 0x72, 0x40)).toBe(skimFaults.extension);
  expect(skimAll(0x81, 0xa1, 0x61, 0xc7, 3, 0x01, 0xd4, 0x78, 0x00)).toBe(skimFaults.extension);
});

test("a count beyond the bytes that are left is refused before anything is walked", () => {
  expect(skimAll(0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0)).toBe(skimFaults.truncated);
  expect(skimAll(0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0)).toBe(skimFaults.truncated);
});

test("the byte that starts no value is refused", () => {
  expect(skimAll(0x92, 0x01, 0xc1)).toBe(skimFaults.token);
});
