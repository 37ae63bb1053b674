import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatherValues, ownedValues, type Piece, prefixOffsets, sliceValues } from "./slab.ts";
import { decodeValues, encodeValues } from "./values.ts";

const pieceOf = (all: readonly unknown[], from: number, to: number): Piece => {
  const values = encodeValues(all);
  return { values, offsets: prefixOffsets(values.lengths), from, to };
};

describe("a slab", () => {
  it("gives any run of its tasks without a copy", () => {
    const piece = pieceOf(["a", "bc", { d: 1 }, null], 1, 3);
    const slice = sliceValues(piece);
    expect(decodeValues(slice)).toEqual(["bc", { d: 1 }]);
    expect(slice.slab.buffer).toBe(piece.values.slab.buffer);
  });

  it("can be put together from any pieces, in their order", () => {
    const piece = fc
      .tuple(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.nat(6), fc.nat(6))
      .map(([all, one, two]) => ({
        all,
        from: Math.min(one, two, all.length),
        to: Math.min(Math.max(one, two), all.length),
      }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const gathered = gatherValues(pieces.map(({ all, from, to }) => pieceOf(all, from, to)));
        const expected = encodeValues(pieces.flatMap(({ all, from, to }) => all.slice(from, to)));
        expect(gathered.lengths).toEqual(expected.lengths);
        expect(Buffer.compare(gathered.slab, expected.slab)).toBe(0);
      }),
      { seed: 1 },
    );
  });

  it("is copied for keeping only where it would pin a much larger block", () => {
    const block = Buffer.alloc(64 * 1024, 0x01);
    const small = { lengths: [1, 1], slab: block.subarray(8, 10) };
    expect(ownedValues(small)).toEqual(small);
    expect(ownedValues(small).slab.buffer.byteLength).toBe(2);
    const most = { lengths: [40_000], slab: block.subarray(0, 40_000) };
    expect(ownedValues(most)).toBe(most);
  });
});
