import fc from "fast-check";
import { expect, test } from "vitest";
import { WordCounter } from "./word-counter.ts";

/** The definition of a word, spelled out byte by byte. */
function countBytes(bytes: Uint8Array): Map<string, number> {
  const counts = new Map<string, number>();
  let word = "";
  for (const byte of [...bytes, 0]) {
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower >= 97 && lower <= 122) word += String.fromCharCode(lower);
    else if (word !== "") {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      word = "";
    }
  }
  return counts;
}

function count(...pieces: readonly (string | Uint8Array)[]): WordCounter {
  const counter = new WordCounter();
  for (const piece of pieces) counter.add(Buffer.from(piece as Uint8Array));
  counter.end();
  return counter;
}

const entries = ({ counts }: WordCounter) => [...counts].sort();

test("a word is a run of ASCII letters, lower-cased; every other byte separates", () => {
  const counter = count("Don't STOP: naïve\tstop_it 2x4\r\nÉtat\0end");
  expect(counter.words).toBe(10);
  expect(entries(counter)).toEqual(
    [
      ["ve", 1],
      ["don", 1],
      ["end", 1],
      ["it", 1],
      ["na", 1],
      ["stop", 2],
      ["t", 1],
      ["tat", 1],
      ["x", 1],
    ].sort(),
  );
});

test("words named like properties of objects are words", () => {
  const counter = count("constructor hasOwnProperty __proto__ toString valueOf constructor");
  expect(counter.counts.get("constructor")).toBe(2);
  expect(counter.counts.get("proto")).toBe(1);
  expect(counter.words).toBe(6);
});

test("characters whose Unicode lower case is ASCII are no letters", () => {
  // The Kelvin sign and the dotted capital I.
  expect(entries(count("\u212Aelvin \u0130stanbul"))).toEqual([
    ["elvin", 1],
    ["stanbul", 1],
  ]);
});

test("any bytes, cut anywhere, count as they do byte by byte", () => {
  const letters = fc.constantFrom(...Buffer.from("aAbBzZ \n@[`{"));
  const bytes = fc.array(fc.oneof(letters, fc.integer({ min: 0, max: 255 })), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), (pieces) => {
      const counter = count(...pieces.map((piece) => Uint8Array.from(piece)));
      const expected = countBytes(Uint8Array.from(pieces.flat()));
      expect(entries(counter)).toEqual([...expected].sort());
      expect(counter.words).toBe([...expected.values()].reduce((sum, one) => sum + one, 0));
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("a word of many pieces is counted once, in time that grows with its length only", () => {
  const piece = Buffer.alloc(256 * 1024, "a");
  const counter = new WordCounter();
  for (let index = 0; index < 40; index++) counter.add(piece);
  counter.end();
  expect([...counter.counts.keys()].map((word) => word.length)).toEqual([40 * 256 * 1024]);
});
