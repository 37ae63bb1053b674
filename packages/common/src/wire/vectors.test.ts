import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { readHex, reviveValue, writeHex } from "./describe-value.test-support.ts";
import { binaryKinds } from "./extensions.ts";
import { grammar } from "./grammar.ts";
import type { Message } from "./messages.ts";
import { decodeValue, encodeValue } from "./values.ts";
import { makeVectors, type Vectors } from "./vectors.test-support.ts";

const published = JSON.parse(readFileSync(new URL("./vectors.json", import.meta.url), "utf8")) as Vectors;
/** Node 22 has no such type: what it cannot hold, it cannot read. */
const isHere = ({ name }: { name: string }): boolean => name !== "Float16Array" || name in globalThis;
const vectors: Vectors = { ...published, values: published.values.filter(isHere) };

describe("the published vectors", () => {
  it.each(vectors.values)("write the value: $name", ({ value, hex: expected }) => {
    expect(writeHex(encodeValue(reviveValue(value)))).toBe(expected);
  });

  it.each([...vectors.values, ...vectors.valuesToRead])("read the value: $name", ({ value, hex: given }) => {
    expect(decodeValue(readHex(given))).toStrictEqual(reviveValue(value));
  });

  it.each(vectors.valuesToRefuse)("refuse the value: $name", ({ hex: given }) => {
    expect(() => decodeValue(readHex(given))).toThrowError(
      expect.objectContaining({ code: "TQ_ERR_UNDECODABLE" }),
    );
  });

  it.each(vectors.messages)("write the message: $name", ({ message, frames }) => {
    expect(encodeMessage(reviveValue(message) as Message).map(writeHex)).toStrictEqual(frames);
  });

  it.each([...vectors.messages, ...vectors.messagesToRead])(
    "read the message: $name",
    ({ message, frames }) => {
      expect(decodeMessage(frames.map(readHex))).toStrictEqual({ ok: true, message: reviveValue(message) });
    },
  );

  it.each(vectors.messagesToRefuse)("refuse the message: $name", ({ violation, frames }) => {
    const { reason, ...decoded } = decodeMessage(frames.map(readHex)) as { ok: false; reason: string };
    expect(decoded).toMatchObject({ ok: false, violation });
    expect(reason).toMatch(/^[\x20-\x7e]{5,200}$/);
  });

  it("have every verb, every extension and every class of violation", () => {
    expect(new Set(vectors.messages.map(({ message }) => (message as { verb: string }).verb))).toEqual(
      new Set(Object.keys(grammar)),
    );
    const shown = JSON.stringify(vectors.values);
    for (const kind of ["undefined", "number", "bigint", "date", "map", "set", "bin", ...binaryKinds]) {
      if (kind in globalThis || kind === kind.toLowerCase()) expect(shown).toContain(`{"$":"${kind}"`);
    }
    expect(new Set(vectors.messagesToRefuse.map(({ violation }) => violation)).size).toBe(9);
  });

  it("are all of those that the cases describe", () => {
    const names = (all: Vectors) =>
      [
        all.values,
        all.valuesToRead,
        all.valuesToRefuse,
        all.messages,
        all.messagesToRead,
        all.messagesToRefuse,
      ].map((kind) => kind.map(({ name }) => name));
    expect(names(vectors)).toEqual(names(makeVectors()));
  });
});
