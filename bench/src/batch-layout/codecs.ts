/**
 * The ways to encode a batch and to decode it, without sockets, so that the cost of each step stands alone.
 *
 * Some were tried for completeness and are in no layout: one `pack` per value aimed at an exact position of the
 * slab, and a class whose extension hook packs all values and reads the position between them.
 */

import { decodeValues, encodeValues } from "@tq/common/wire";
import { addExtension, Packr, RESERVE_START_SPACE, REUSE_BUFFER_MODE } from "msgpackr";
import { readU32Column, skimmer, writeU32Column } from "./layouts.ts";
import { findBadValue, packrOptions, packSlab, type Slab, unpackSlab } from "./skimmed-slab.ts";

const packr = new Packr(packrOptions);

/** One batch in every form that a step starts from. */
export interface Sample {
  readonly values: readonly unknown[];
  readonly slab: Slab;
  readonly array: Uint8Array;
  readonly bins: Uint8Array;
}

export interface Step {
  readonly name: string;
  readonly run: (sample: Sample) => unknown;
}

export function makeSample(values: readonly unknown[]): Sample {
  const { slab, lengths } = encodeValues(values);
  const bins = packr.pack(values.map((value) => Uint8Array.from(packr.pack(value))));
  return {
    values,
    slab: { slab: Buffer.from(slab), lengths },
    array: Buffer.from(packr.pack(values)),
    bins: Buffer.from(bins),
  };
}

export const encodeSteps: readonly Step[] = [
  { name: "encode: one array", run: ({ values }) => packr.pack(values) },
  { name: "encode: one array, skimmed for lengths", run: ({ values }) => packSlab(values, skimmer) },
  { name: "encode: extension hook, unchecked", run: ({ values }) => packByHook(values) },
  { name: "encode: each at its position, unchecked", run: ({ values, slab }) => packInPlace(values, slab) },
  { name: "encode: each alone, then joined", run: ({ values }) => Buffer.concat(packAlone(values)) },
  { name: "encode: each alone, then as bin", run: ({ values }) => packr.pack(packAlone(values)) },
  { name: "encode: by hand", run: ({ values }) => encodeValues(values) },
];

export const decodeSteps: readonly Step[] = [
  { name: "decode: one array, unchecked", run: ({ array }) => packr.unpack(array) },
  { name: "decode: slab in one call, unchecked", run: ({ slab }) => unpackSlab(slab) },
  { name: "decode: slab value by value, unchecked", run: ({ slab }) => unpackEach(slab) },
  { name: "decode: bins, unchecked", run: ({ bins }) => unpackBins(bins) },
  { name: "decode: slab skimmed, then in one call", run: ({ slab }) => unpackChecked(slab) },
  { name: "decode: by hand, checked", run: ({ slab }) => decodeValues(slab) },
  { name: "check: skim", run: ({ slab }) => findBadValue(slab, skimmer) },
];

/** Written and read again, each as the only field of a header. */
export const columnSteps: readonly Step[] = [
  { name: "column: none", run: ({ slab }) => throughHeader({ count: slab.lengths.length }) },
  {
    name: "column: one integer for all",
    run: ({ slab }) => throughHeader({ lengths: commonLength(slab.lengths) }),
  },
  { name: "column: array of integers", run: ({ slab }) => throughHeader({ lengths: slab.lengths }) },
  {
    name: "column: 32-bit integers as bytes",
    run: ({ slab }) =>
      readU32Column(throughHeader({ lengths: writeU32Column(slab.lengths) }).lengths as Uint8Array),
  },
];

function packAlone(values: readonly unknown[]): Uint8Array[] {
  return values.map((value) => packr.pack(value));
}

class Batch {
  readonly lengths: number[] = [];
  readonly values: readonly unknown[];
  constructor(values: readonly unknown[]) {
    this.values = values;
  }
}

type Allocate = (bytes: number) => { position: number };

/** Works only because msgpackr hands its inner function to extensions, which no document promises. */
function writeBatch(batch: Batch, allocate: Allocate, packValue: (value: unknown) => void): void {
  let { position } = allocate(0);
  for (const value of batch.values) {
    packValue(value);
    batch.lengths.push(packr.position - position);
    position = packr.position;
  }
}

addExtension({ Class: Batch, type: 0x7e, pack: writeBatch as unknown as (value: Batch) => Uint8Array });

function packByHook(values: readonly unknown[]): Slab {
  const batch = new Batch(values);
  return { slab: packr.pack(batch), lengths: batch.lengths };
}

/** A pack begins at a multiple of 8, plus the bytes it is told to leave free. */
function packInPlace(values: readonly unknown[], { slab }: Slab): Slab {
  const target = Buffer.allocUnsafeSlow(Math.max(4096, slab.length + 2100));
  const lengths: number[] = [];
  let position = 0;
  packr.useBuffer(target);
  for (const value of values) {
    packr.position = position & ~7;
    packr.pack(value, RESERVE_START_SPACE | REUSE_BUFFER_MODE | (position & 7));
    lengths.push(packr.offset - position);
    position = packr.offset;
  }
  return { slab: target.subarray(0, position), lengths };
}

function unpackEach({ slab, lengths }: Slab): unknown[] {
  let start = 0;
  return lengths.map((length) => {
    const end = start + length;
    const value: unknown = packr.unpack(slab, { start, end });
    start = end;
    return value;
  });
}

function unpackBins(bins: Uint8Array): unknown[] {
  return (packr.unpack(bins) as Uint8Array[]).map((bytes) => packr.unpack(bytes) as unknown);
}

function unpackChecked(slab: Slab): unknown[] {
  if (findBadValue(slab, skimmer) >= 0) throw new Error("malformed");
  return unpackSlab(slab);
}

function commonLength(lengths: readonly number[]): number {
  const [first = 0] = lengths;
  for (const length of lengths) if (length !== first) return 0;
  return first;
}

function throughHeader(fields: object): { lengths?: unknown } {
  return (packr.unpack(packr.pack([3, fields])) as [number, { lengths?: unknown }])[1];
}
