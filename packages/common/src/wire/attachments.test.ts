import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TqError } from "../contract/index.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { binaryKinds } from "./extensions.ts";
import { wireLimits } from "./limits.ts";
import { messageCases } from "./message-cases.test-support.ts";
import type { Results, Tasks, Values } from "./messages.ts";
import {
  bytesOfValues,
  gatherValues,
  ownedValues,
  type Piece,
  prefixOffsets,
  sizesOfValues,
  sliceValues,
  withOwnAttachments,
} from "./slab.ts";
import { decodeValue, decodeValues, encodeValue, encodeValues } from "./values.ts";
import { ValuesEncoder } from "./values-encoder.ts";

const min = wireLimits.attachmentBytesMin;
const large = (fill: number, bytes = min): Buffer => Buffer.alloc(bytes, fill);

function errorOf(act: () => unknown): TqError {
  try {
    act();
  } catch (error) {
    return error as TqError;
  }
  throw new Error("nothing was thrown");
}

/** Small and large binaries, and plain data, in all places that a value has. */
const anyValue = fc.letrec((tie) => ({
  binary: fc
    .tuple(
      fc.constantFrom(0, 7, min - 8, min, min + 8),
      fc.nat(255),
      fc.constantFrom("Buffer", "Float64Array", "ArrayBuffer", "DataView", "Uint8Array"),
    )
    .map(([bytes, fill, kind]) => {
      const buffer = large(fill, bytes - (bytes % 8)).buffer.slice(0, bytes - (bytes % 8));
      if (kind === "Buffer") return Buffer.from(buffer);
      if (kind === "Float64Array") return new Float64Array(buffer);
      if (kind === "Uint8Array") return new Uint8Array(buffer);
      return kind === "DataView" ? new DataView(buffer) : buffer;
    }),
  node: fc.oneof(
    { depthSize: "small" },
    fc.oneof(fc.integer(), fc.string()),
    tie("binary"),
    fc.array(tie("node"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("node"), { maxKeys: 4, noNullPrototype: true }),
    fc.array(tie("node"), { maxLength: 3 }).map((items) => new Map(items.map((item, key) => [key, item]))),
  ),
})).node;

const runs = { seed: 1, numRuns: 100 };

const pieceOf = (all: readonly unknown[], from: number, to: number): Piece => {
  const values = encodeValues(all);
  return { values, offsets: prefixOffsets(values.lengths), from, to };
};

describe("large binaries", () => {
  it("are set apart from the threshold on, and not copied", () => {
    const [small, big] = [large(1, min - 1), large(2)];
    const { slab, attachments } = encodeValues([small, { a: [big] }]);
    expect(attachments?.at).toEqual([1]);
    expect(attachments?.frames[0]?.buffer).toBe(big.buffer);
    expect(slab.length).toBeLessThan(min + 20);
  });

  it("arrive as what they were, from any place of a value", () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 4 }), (all) => {
        expect(decodeValues(encodeValues(all))).toStrictEqual(all);
      }),
      runs,
    );
  });

  it.each([...binaryKinds])("of kind %s keep it", (kind) => {
    const View = (globalThis as Record<string, unknown>)[kind] as
      | (new (
          of: ArrayBuffer | number,
        ) => object)
      | undefined;
    if (View === undefined) return expect(kind).toBe("Float16Array");
    const value = kind === "ArrayBuffer" ? new View(min) : new View(new ArrayBuffer(min));
    const values = encodeValues([value]);
    expect(values.attachments?.frames).toHaveLength(1);
    expect(decodeValues(values)).toStrictEqual([value]);
  });

  it("are a view of what was received, unless elements would not be aligned", () => {
    const floats = new Float64Array(min / 8).fill(0.5);
    const { lengths, slab, attachments } = encodeValues([floats, large(3)]);
    const received = Buffer.concat([Buffer.alloc(8), ...(attachments?.frames ?? [])]);
    const frames = [received.subarray(8, 8 + min), received.subarray(8 + min)];
    const [aligned, plain] = decodeValues({
      lengths,
      slab,
      attachments: { at: [0, 1], frames },
    }) as [Float64Array, Buffer];
    expect(aligned.buffer).toBe(received.buffer);
    expect(plain.buffer).toBe(received.buffer);

    const shifted = Buffer.alloc(min + 1);
    shifted.set(frames[0] ?? [], 1);
    const moved = { at: [0, 1], frames: [shifted.subarray(1), large(3)] };
    const [copied] = decodeValues({ lengths, slab, attachments: moved }) as [Float64Array];
    expect(copied).toStrictEqual(floats);
    expect(copied.buffer).not.toBe(shifted.buffer);
  });

  it("do not let an ArrayBuffer hold more than was sent", () => {
    const { lengths, slab } = encodeValues([new ArrayBuffer(min)]);
    const attachments = { at: [0], frames: [large(1, 2 * min).subarray(0, min)] };
    const [buffer] = decodeValues({ lengths, slab, attachments }) as [ArrayBuffer];
    expect(buffer.byteLength).toBe(min);
  });

  it("are copied once where their memory is shared or can change its size", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(min)).fill(1);
    const resizable = new Uint8Array(new ArrayBuffer(min, { maxByteLength: 2 * min })).fill(2);
    const values = encodeValues([shared, resizable]);
    shared.fill(9);
    (resizable.buffer as ArrayBuffer).resize(0);
    const [one, two] = decodeValues(values) as [Uint8Array, Uint8Array];
    expect([one[0], one.length, two[0], two.length]).toEqual([1, min, 2, min]);
  });

  it("whose memory was given away are refused, by path, and not taken for empty", () => {
    for (const given of [large(1), new Float32Array(2), new ArrayBuffer(min)]) {
      const buffer = ArrayBuffer.isView(given) ? given.buffer : given;
      structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
      const error = errorOf(() => encodeValues([{ image: given }]));
      expect(error).toMatchObject({ code: "TQ_ERR_UNENCODABLE", details: { path: "$.image" } });
      expect(error.message).toMatch(/detached/);
    }
  });

  it("in shared memory itself are refused with what would do", () => {
    expect(errorOf(() => encodeValues([new SharedArrayBuffer(min)])).message).toMatch(/typed array over it/);
  });

  it("stay inside where one value is encoded as plain bytes", () => {
    const value = { a: large(1), b: new Float32Array(min) };
    expect(decodeValue(encodeValue(value))).toStrictEqual(value);
  });

  it("count for the limit of a payload, and a value beyond it leaves nothing behind", () => {
    const encoder = new ValuesEncoder({ payloadBytesMax: 2 * min });
    encoder.add(large(1));
    const error = errorOf(() => encoder.add([large(2), large(3)]));
    expect(error).toMatchObject({ code: "TQ_ERR_PAYLOAD_TOO_LARGE", details: { bytesMax: 2 * min } });
    expect(encoder.bytes).toBe(min + 6);
    expect(encoder.add(large(4))).toBe(min + 6);
    expect(errorOf(() => encoder.add([large(5), Symbol("s")]))).toMatchObject({ code: "TQ_ERR_UNENCODABLE" });
    expect(decodeValues(encoder.take())).toStrictEqual([large(1), large(4)]);
  });

  it("cannot make a value of a terabyte out of one buffer", () => {
    const endless = new Array(1_000_000).fill(large(0, 1024 * 1024));
    expect(errorOf(() => encodeValues([endless], { payloadBytesMax: 100 }))).toMatchObject({
      code: "TQ_ERR_PAYLOAD_TOO_LARGE",
    });
  });

  it("that a value does not name, names twice or in another order spoil that value only", () => {
    const { lengths, slab, attachments } = encodeValues([[large(1), large(2)]]);
    const [one, two] = attachments?.frames ?? [];
    if (one === undefined || two === undefined) throw new Error("two were attached");
    const read = (hex: string, frames: Uint8Array[]) => {
      const spoiled = Buffer.from(hex, "hex");
      const values: Values = {
        lengths: [spoiled.length, 1],
        slab: Buffer.concat([spoiled, Buffer.from("07", "hex")]),
        attachments: { at: frames.map(() => 0), frames },
      };
      return decodeValues(values, (_, error) => error.code);
    };
    const named = (place: number) => `c70305ff000${place}`;
    const good = `92${named(0)}${named(1)}`;
    expect(Buffer.from(slab).toString("hex")).toBe(good);
    expect(lengths).toEqual([good.length / 2]);
    expect(read(good, [one, two])).toStrictEqual([[large(1), large(2)], 7]);
    const bad: [string, Uint8Array[]][] = [
      [good, [one, two, one]],
      [good, [one]],
      [good, []],
      [`92${named(0)}${named(0)}`, [one, two]],
      [`92${named(1)}${named(0)}`, [one, two]],
      ["c70305ee0000", [one]],
      ["c704050b000000", [one]],
    ];
    for (const [hex, frames] of bad) expect(read(hex, frames)).toEqual(["TQ_ERR_UNDECODABLE", 7]);
  });
});

describe("a batch with large binaries", () => {
  it("can be cut and joined like any other, and counts all bytes", () => {
    const piece = fc
      .tuple(fc.array(anyValue, { maxLength: 5 }), fc.nat(5), fc.nat(5))
      .map(([all, one, two]) => ({
        all,
        from: Math.min(one, two, all.length),
        to: Math.min(Math.max(one, two), all.length),
      }));
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const gathered = gatherValues(pieces.map(({ all, from, to }) => pieceOf(all, from, to)));
        const expected = pieces.flatMap(({ all, from, to }) => all.slice(from, to));
        expect(decodeValues(gathered)).toStrictEqual(expected);
        expect(bytesOfValues(gathered)).toBe(sizesOfValues(gathered).reduce((sum, size) => sum + size, 0));
        expect(sizesOfValues(gathered)).toEqual(
          expected.map((value) => bytesOfValues(encodeValues([value]))),
        );
      }),
      runs,
    );
  });

  it("shares them with the whole it was cut from, and can be given its own", () => {
    const piece = pieceOf([large(1), large(2), large(3)], 1, 3);
    const slice = sliceValues(piece);
    expect(slice.attachments?.at).toEqual([0, 1]);
    expect(slice.attachments?.frames[0]).toBe(piece.values.attachments?.frames[1]);
    expect(ownedValues(slice).attachments).toBe(slice.attachments);
    const own = withOwnAttachments(slice);
    piece.values.attachments?.frames[1]?.fill(9);
    expect(decodeValues(own)).toStrictEqual([large(2), large(3)]);
  });

  it("is a message with a frame for each, which arrive untouched", () => {
    const values = encodeValues([1, [large(1), large(2)], large(3)]);
    const message = { ...(messageCases["TASKS for a sink"] as Tasks), values };
    const frames = encodeMessage(message);
    expect(frames).toHaveLength(5);
    expect(frames.slice(2)).toEqual(values.attachments?.frames);
    const decoded = decodeMessage(frames);
    expect(decoded).toEqual({ ok: true, message });
    expect(decoded.ok && (decoded.message as Tasks).values.attachments?.frames[0]).toBe(frames[2]);
  });

  it("is a message or none, whatever is changed in header or body, left out or added", () => {
    const good = encodeMessage(messageCases["RESULTS with attachments"] as Results);
    const change = fc.record({
      frame: fc.nat(1),
      edits: fc.array(fc.record({ at: fc.nat(250), byte: fc.nat(255) }), { maxLength: 3 }),
      frames: fc.subarray([0, 1, 2, 3, 4]),
    });
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(change, ({ frame, edits, frames: kept }) => {
        const frames = good.map((bytes, index) => (index < 2 ? Buffer.from(bytes) : bytes));
        for (const { at, byte } of edits)
          if (at < (frames[frame]?.length ?? 0)) (frames[frame] as Buffer)[at] = byte;
        const all = kept.length > 3 ? frames : kept.map((index) => frames[index] as Uint8Array);
        const decoded = decodeMessage(all);
        seen.add(decoded.ok);
        if (!decoded.ok || !("values" in decoded.message)) return;
        expect(encodeMessage(decoded.message).slice(2)).toHaveLength(all.length - 2);
        decodeValues(decoded.message.values, (_, error) => expect(error.code).toBe("TQ_ERR_UNDECODABLE"));
      }),
      { seed: 1, numRuns: 500 },
    );
    expect(seen).toEqual(new Set([true, false]));
  });

  it("never exceeds the limit of a body, as a bug of this side", () => {
    const { lengths, slab, attachments } = encodeValues([1, 2, large(1)]);
    const [frame = slab] = attachments?.frames ?? [];
    const many = wireLimits.bodyBytesMax / min;
    const values = {
      lengths,
      slab,
      attachments: { at: new Array(many).fill(2), frames: new Array(many).fill(frame) },
    };
    expect(
      errorOf(() => encodeMessage({ ...(messageCases["TASKS for a sink"] as Tasks), values })),
    ).toMatchObject({
      code: "TQ_ERR_INTERNAL",
    });
  });
});
