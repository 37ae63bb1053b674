/**
 * The candidates: how many values become the frames of one message, and values again.
 *
 * Whoever holds a packed batch treats its values as opaque: it may cut a run of them out, but not decode them.
 * `plain` is what the raw pipeline does and the only one that is not opaque: it is the base line.
 * `checked` layouts refuse, before or while decoding, what is malformed, too deep or of an unknown extension type.
 */

import { decodeValues, encodeValues } from "@tq/common/wire";
import { Packr } from "msgpackr";
import { findBadValue, packrOptions, packSlab, type Slab, unpackSlab } from "./skimmed-slab.ts";
import { Skimmer } from "./skimmer.ts";

export interface Layout<Packed = unknown> {
  readonly name: string;
  readonly about: string;
  /** At the producer. */
  pack(values: readonly unknown[]): Packed;
  /** At whoever hands out: the values from `from` up to, not including, `to`, as the frames of one message. */
  cut(packed: Packed, from: number, to: number): Uint8Array[];
  /** At the receiver. */
  unpack(frames: readonly Uint8Array[]): unknown[];
}

/** As deep as the wire format allows; of the extension types, timestamps only, which is all these values could need. */
export const skimmer = new Skimmer({ maxDepth: 64, extensions: new Uint8Array(256).fill(1, 0xff) });

/** Stands for the verb that begins every header. */
const verb = 3;

const packr = new Packr(packrOptions);

const plain: Layout<readonly unknown[]> = {
  name: "plain",
  about: "one array, unchecked: the raw pipeline",
  pack: (values) => values,
  cut: (values, from, to) => [packr.pack(isWhole(values, from, to) ? values : values.slice(from, to))],
  unpack: ([frame]) => packr.unpack(frame as Uint8Array) as unknown[],
};

const plainChecked: Layout<readonly unknown[]> = {
  ...plain,
  name: "plain, checked",
  about: "one array, skimmed before it is decoded",
  unpack([frame = new Uint8Array(0)]) {
    if (skimmer.skim(frame, 0, frame.length) !== frame.length) throw new Error("malformed");
    return packr.unpack(frame) as unknown[];
  },
};

const array: Layout<Uint8Array> = {
  name: "array",
  about: "(c) one array, boundaries by skimming where a batch is cut, unchecked",
  pack: (values) => packr.pack(values),
  cut: (packed, from, to) => [packr.pack([verb, { count: to - from }]), cutArray(packed, from, to)],
  unpack: ([header, body]) => {
    packr.unpack(header as Uint8Array);
    return packr.unpack(body as Uint8Array) as unknown[];
  },
};

const bins: Layout<readonly Uint8Array[]> = {
  name: "bins",
  about: "(b) each value packed alone, embedded as bin, unchecked",
  pack: (values) => values.map((value) => packr.pack(value)),
  cut: (packed, from, to) => [
    packr.pack([verb, { values: isWhole(packed, from, to) ? packed : packed.slice(from, to) }]),
  ],
  unpack([header]) {
    const values = (packr.unpack(header as Uint8Array) as [number, { values: Uint8Array[] }])[1].values;
    return values.map((value) => packr.unpack(value));
  },
};

const slab: Layout<Slab> = {
  name: "slab",
  about: "(a) gap-free values, lengths as array of integers, unchecked",
  pack: (values) => packSlab(values, skimmer),
  cut(packed, from, to) {
    const part = cutSlab(packed, from, to);
    return [packr.pack([verb, { lengths: part.lengths }]), part.slab];
  },
  unpack: (frames) => unpackSlab(openSlab(frames)),
};

const slabChecked: Layout<Slab> = {
  ...slab,
  name: "slab, checked",
  about: "(a) the same, each value skimmed within its length before it is decoded",
  unpack(frames) {
    const batch = openSlab(frames);
    if (findBadValue(batch, skimmer) >= 0) throw new Error("malformed");
    return unpackSlab(batch);
  },
};

const slabU32: Layout<Slab> = {
  ...slabChecked,
  name: "slab u32, checked",
  about: "(a) the same, lengths as the bytes of unsigned 32-bit integers",
  cut(packed, from, to) {
    const part = cutSlab(packed, from, to);
    return [packr.pack([verb, { lengths: writeU32Column(part.lengths) }]), part.slab];
  },
  unpack([header, body]) {
    const { lengths } = (packr.unpack(header as Uint8Array) as [number, { lengths: Uint8Array }])[1];
    const batch = { slab: body as Uint8Array, lengths: readU32Column(lengths) };
    if (findBadValue(batch, skimmer) >= 0) throw new Error("malformed");
    return unpackSlab(batch);
  },
};

const slabByHand: Layout<Slab> = {
  ...slab,
  name: "slab by hand, checked",
  about: "(a) the same bytes, written and read by tq's own codec instead of msgpackr",
  pack: (values) => encodeValues(values),
  unpack: (frames) => decodeValues(openSlab(frames)),
};

export const layouts = [plain, plainChecked, array, bins, slab, slabChecked, slabU32, slabByHand] as Layout[];

function isWhole(values: readonly unknown[], from: number, to: number): boolean {
  return from === 0 && to === values.length;
}

function openSlab([header, body]: readonly Uint8Array[]): Slab {
  const { lengths } = (packr.unpack(header as Uint8Array) as [number, { lengths: number[] }])[1];
  return { slab: body as Uint8Array, lengths };
}

export function writeU32Column(lengths: readonly number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(lengths).buffer);
}

export function readU32Column(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengths = new Array<number>(bytes.length / 4);
  for (let index = 0; index < lengths.length; index++) lengths[index] = view.getUint32(index * 4, true);
  return lengths;
}

function cutSlab(packed: Slab, from: number, to: number): Slab {
  if (isWhole(packed.lengths, from, to)) return packed;
  let start = 0;
  for (let index = 0; index < from; index++) start += packed.lengths[index] as number;
  let end = start;
  for (let index = from; index < to; index++) end += packed.lengths[index] as number;
  return { slab: packed.slab.subarray(start, end), lengths: packed.lengths.slice(from, to) };
}

function cutArray(packed: Uint8Array, from: number, to: number): Uint8Array {
  const head = packed[0] as number;
  const count = head < 0xdc ? head & 0x0f : ((packed[1] as number) << 8) | (packed[2] as number);
  if (from === 0 && to === count) return packed;
  let start = head < 0xdc ? 1 : 3;
  for (let index = 0; index < from; index++) start = skimmer.skim(packed, start, packed.length);
  let end = start;
  for (let index = from; index < to; index++) end = skimmer.skim(packed, end, packed.length);
  const body = Buffer.allocUnsafe(5 + end - start);
  body[0] = 0xdd;
  body.writeUInt32BE(to - from, 1);
  body.set(packed.subarray(start, end), 5);
  return body;
}
