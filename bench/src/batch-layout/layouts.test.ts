import { expect, test } from "vitest";
import { layouts, skimmer } from "./layouts.ts";
import { findBadValue, packSlab } from "./skimmed-slab.ts";
import { makeValues, type Shape, shapes } from "./values.ts";

/** As sent and received: frames of their own, at an offset, as a socket hands them out. */
function transmit(frames: readonly Uint8Array[]): Uint8Array[] {
  return frames.map((frame) => Buffer.concat([Buffer.alloc(3), frame]).subarray(3));
}

const cases = layouts.flatMap((layout) => shapes.map((shape): [string, Shape] => [layout.name, shape]));

test.each(cases)("%s: a batch of %s values survives being cut", (name, shape) => {
  const layout = layouts.find((candidate) => candidate.name === name);
  const values = makeValues(shape, 40);
  const packed = layout?.pack(values);
  const cuts = [
    [0, 1],
    [1, 17],
    [17, 40],
    [0, 40],
  ] as const;
  for (const [from, to] of cuts) {
    const received = layout?.unpack(transmit(layout.cut(packed, from, to)));
    expect(received).toEqual(values.slice(from, to));
  }
});

test("a value that reaches into its neighbour is found by its index", () => {
  const { slab, lengths } = packSlab(makeValues("100B", 5), skimmer);
  const [first = 0, second = 0, ...others] = lengths;
  expect(findBadValue({ slab, lengths }, skimmer)).toBe(-1);
  expect(findBadValue({ slab, lengths: [first, second - 1, ...others] }, skimmer)).toBe(1);
  expect(findBadValue({ slab: slab.subarray(0, -1), lengths }, skimmer)).toBe(4);
  expect(findBadValue({ slab, lengths: lengths.slice(0, 4) }, skimmer)).toBe(4);
});
