import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import type { TqError } from "../contract/index.ts";
import { wireLimits } from "./limits.ts";
import { decodeValue, decodeValueAt, decodeValues, encodeValue, encodeValues, nilValues } from "./values.ts";
import { ValuesEncoder } from "./values-encoder.ts";

function detailsOf(act: () => unknown): Record<string, unknown> {
  try {
    act();
  } catch (error) {
    return { code: (error as TqError).code, ...(error as TqError).details };
  }
  throw new Error("nothing was thrown");
}

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

/** The same values in each run; a failure names what it shrank to. */
const runs = { seed: 1, numRuns: 200 };

class Money {
  readonly cents = 5;
  toJSON(): string {
    return "0.05";
  }
}

const circle: { self?: unknown } = {};
circle.self = { again: circle };

const anyValue = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(undefined, null, true, false, Number.NaN, -0, Number.POSITIVE_INFINITY),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.string({ unit: "binary-ascii", maxLength: 80 }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.oneof(
      fc.uint8Array(),
      fc.int16Array(),
      fc.float32Array({ noNaN: true }),
      fc.bigInt64Array(),
      fc.uint8ClampedArray(),
    ),
  ),
  node: fc.oneof(
    { depthSize: "small" },
    tie("leaf"),
    fc.array(tie("node"), { maxLength: 20 }),
    fc.dictionary(fc.string({ unit: "grapheme" }), tie("node"), { maxKeys: 20, noNullPrototype: true }),
    fc.array(fc.tuple(tie("node"), tie("node")), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(tie("node"), { maxLength: 5 }).map((items) => new Set(items)),
  ),
})).node;

describe("a value", () => {
  it("arrives as what it was", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(decodeValue(encodeValue(value))).toStrictEqual(value);
      }),
      runs,
    );
  });

  it("is what another MessagePack implementation reads, and the other way round", () => {
    const other = new Packr({ useRecords: false, variableMapSize: true, int64AsType: "number" });
    const json = fc.jsonValue({ maxDepth: 6, stringUnit: "grapheme" }).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(json, (text) => {
        const value: unknown = JSON.parse(text);
        expect(other.unpack(encodeValue(value))).toStrictEqual(other.unpack(other.pack(value)));
        expect(decodeValue(other.pack(value))).toStrictEqual(value);
      }),
      runs,
    );
  });

  it("is read from any bytes, or refused: nothing else comes of them", () => {
    const spoiled = fc
      .tuple(anyValue, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.option(fc.nat(60)))
      .map(([value, edits, end]) => {
        const bytes = Buffer.from(encodeValue(value));
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
        return end === null ? bytes : bytes.subarray(0, end);
      });
    fc.assert(
      fc.property(fc.oneof(spoiled, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        let value: unknown;
        try {
          value = decodeValue(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "TQ_ERR_UNDECODABLE" });
          return;
        }
        expect(decodeValue(encodeValue(value))).toStrictEqual(value);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  it("with a key `__proto__` changes no prototype", () => {
    const read = decodeValue(
      encodeValue(JSON.parse('{"__proto__": {"isAdmin": true}, "__proto_": 2}')),
    ) as object;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.keys(read)).toEqual(["__proto__", "__proto_"]);
    expect("isAdmin" in read).toBe(false);
  });

  it("keeps a Buffer a Buffer and a Uint8Array a Uint8Array", () => {
    const read = decodeValue(encodeValue([Buffer.from([1]), Uint8Array.of(1)])) as object[];
    expect(read.map((bytes) => bytes.constructor)).toEqual([Buffer, Uint8Array]);
  });

  it("of a subclass arrives as the built-in, and one without a prototype as a plain object", () => {
    class Names extends Map<string, number> {}
    const read = decodeValue(
      encodeValue([new Names([["a", 1]]), Object.assign(Object.create(null), { b: 2 })]),
    );
    expect(read).toStrictEqual([new Map([["a", 1]]), { b: 2 }]);
  });

  it("shares no memory with the bytes it was read from", () => {
    const bytes = encodeValue({ binary: Buffer.from([7, 8, 9]), typed: Uint8Array.of(7, 8, 9) });
    const read = decodeValue(bytes);
    bytes.fill(0);
    expect(read).toStrictEqual({ binary: Buffer.from([7, 8, 9]), typed: Uint8Array.of(7, 8, 9) });
  });

  it("may be nested as deeply as the limit says, here and there", () => {
    expect(decodeValue(encodeValue(nested(wireLimits.depthMax)))).toStrictEqual(nested(wireLimits.depthMax));
    expect(detailsOf(() => encodeValue(nested(wireLimits.depthMax + 1)))).toMatchObject({
      path: `$${"[0]".repeat(wireLimits.depthMax)}`,
    });
  });
});

describe("what cannot be encoded", () => {
  it.each<[string, unknown, { path: string; reason: RegExp }]>([
    ["a function", { a: [1, { b: function run() {} }] }, { path: "$.a[1].b", reason: /function \(run\)/ }],
    ["a function itself", () => 1, { path: "$", reason: /function/ }],
    ["a symbol", { "odd key": Symbol("s") }, { path: '$["odd key"]', reason: /symbol/ }],
    ["an instance", { price: new Money() }, { path: "$.price", reason: /instance of Money/ }],
    [
      "an error",
      new Map([["a", new TypeError("x")]]),
      { path: "$.values()[0]", reason: /instance of TypeError/ },
    ],
    ["a promise", [Promise.resolve(1)], { path: "$[0]", reason: /await/ }],
    ["an invalid date", new Set([1, new Date(Number.NaN)]), { path: "$.values()[1]", reason: /invalid/ }],
    ["half of a surrogate pair", { text: "a\ud800" }, { path: "$.text", reason: /surrogate/ }],
    [
      "the same in a long string",
      { text: `${"a".repeat(100)}\udfff` },
      { path: "$.text", reason: /surrogate/ },
    ],
    ["the same in a key", { "\ud800": 1 }, { path: '$["\ufffd"]', reason: /surrogate/ }],
    ["a circle", circle, { path: "$.self.again", reason: /contains itself/ }],
    ["a weak map", { cache: new WeakMap() }, { path: "$.cache", reason: /WeakMap/ }],
    ["a key of a Map", new Map([[() => 1, 1]]), { path: "$.keys()[0]", reason: /function/ }],
  ])("is named by its path: %s", (_what, value, { path, reason }) => {
    expect(detailsOf(() => encodeValue(value))).toEqual({
      code: "TQ_ERR_UNENCODABLE",
      path,
      reason: expect.stringMatching(reason),
      index: 0,
    });
  });

  it("is refused wherever it hides, and found", () => {
    const bad = fc.constantFrom<unknown>(() => 1, Symbol("s"), new Money(), new Date(Number.NaN), "\ud800");
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 4 }), bad, fc.nat(4), (values, one, at) => {
        const details = detailsOf(() => encodeValue({ values: values.toSpliced(at, 0, { one }) }));
        expect(details).toMatchObject({
          code: "TQ_ERR_UNENCODABLE",
          path: `$.values[${Math.min(at, values.length)}].one`,
        });
      }),
      runs,
    );
  });

  it("is a getter that throws, with what it threw", () => {
    const value = {
      get broken(): number {
        throw new RangeError("no");
      },
    };
    expect(() => encodeValue(value)).toThrowError(
      expect.objectContaining({ code: "TQ_ERR_UNENCODABLE", cause: new RangeError("no") }),
    );
  });

  it("is found by its place in a batch, and spoils neither the batch before nor the next", () => {
    expect(detailsOf(() => encodeValues([1, 2, Symbol("s")]))).toMatchObject({ path: "$", index: 2 });
    expect(decodeValues(encodeValues([3, 4]))).toEqual([3, 4]);
  });

  it("is a payload beyond the limit, with both sizes", () => {
    const value = "x".repeat(1000);
    expect(encodeValue(value, { payloadBytesMax: 1003 })).toHaveLength(1003);
    expect(detailsOf(() => encodeValue(value, { payloadBytesMax: 1002 }))).toEqual({
      code: "TQ_ERR_PAYLOAD_TOO_LARGE",
      bytes: 1003,
      bytesMax: 1002,
      index: 0,
    });
  });

  it("is a value that would take all memory, before it has", () => {
    // Eight megabytes here, a terabyte encoded.
    const endless = new Array(1_000_000).fill("x".repeat(1_000_000));
    expect(detailsOf(() => encodeValue(endless, { payloadBytesMax: 100 }))).toMatchObject({
      code: "TQ_ERR_PAYLOAD_TOO_LARGE",
    });
  });
});

describe("a batch", () => {
  it("has no gaps, and lengths that add up", () => {
    const { lengths, slab } = encodeValues([1, "ab", { c: 3 }]);
    expect(lengths).toEqual([1, 3, 4]);
    expect(Buffer.from(slab).toString("hex")).toBe(`01${"a26162"}${"81a16303"}`);
  });

  it("is never written again", () => {
    const first = encodeValues([{ a: 1 }]);
    encodeValues([{ b: 2 }, { c: 3 }]);
    expect(decodeValues(first)).toEqual([{ a: 1 }]);
  });

  it("can be decoded value by value", () => {
    const { slab } = encodeValues(["a", "bc"]);
    expect(decodeValueAt({ slab, from: 2, to: 5 })).toBe("bc");
  });

  it("loses only the values that cannot be decoded", () => {
    const slab = Buffer.from("01c1a16102", "hex");
    const values = { lengths: [1, 1, 2, 1], slab };
    const bad: number[] = [];
    const read = decodeValues(values, (index, error) => {
      bad.push(index);
      return error.code;
    });
    expect(read).toEqual([1, "TQ_ERR_UNDECODABLE", "a", 2]);
    expect(bad).toEqual([1]);
    expect(detailsOf(() => decodeValues(values))).toMatchObject({ code: "TQ_ERR_UNDECODABLE" });
  });

  it("of nils is one byte each", () => {
    expect(decodeValues(nilValues(3))).toEqual([null, null, null]);
    expect(nilValues(3)).toMatchObject({ lengths: [1, 1, 1] });
  });

  it("whose lengths go beyond its slab is refused, not read beyond it", () => {
    expect(detailsOf(() => decodeValues({ lengths: [5], slab: Buffer.from("a461", "hex") }))).toMatchObject({
      code: "TQ_ERR_UNDECODABLE",
    });
  });
});

describe("ValuesEncoder", () => {
  it("gathers values one by one", () => {
    const encoder = new ValuesEncoder();
    expect([encoder.add(1), encoder.add("ab"), encoder.add(null)]).toEqual([1, 3, 1]);
    expect([encoder.count, encoder.bytes]).toEqual([3, 5]);
    expect(decodeValues(encoder.take())).toEqual([1, "ab", null]);
    expect([encoder.count, encoder.bytes]).toEqual([0, 0]);
  });

  it("has added nothing where it threw", () => {
    const encoder = new ValuesEncoder({ payloadBytesMax: 10 });
    encoder.add(1);
    expect(() => encoder.add({ deep: [1, 2, Symbol("s")] })).toThrow();
    expect(() => encoder.add("x".repeat(20))).toThrow();
    encoder.add(2);
    expect(decodeValues(encoder.take())).toEqual([1, 2]);
  });

  it("refuses a value whose getter sends through the same encoder, and keeps its batch whole", () => {
    const encoder = new ValuesEncoder();
    const value = {
      get nested(): number {
        return encoder.add(1);
      },
    };
    expect(detailsOf(() => encoder.add(value))).toMatchObject({ code: "TQ_ERR_UNENCODABLE" });
    expect(encoder.count).toBe(0);
  });

  it("lets a getter encode values of its own", () => {
    const value = {
      get inner(): Uint8Array {
        return encodeValue({ a: 1 });
      },
      after: 2,
    };
    expect(decodeValue(encodeValue(value))).toStrictEqual({ inner: encodeValue({ a: 1 }), after: 2 });
  });
});
