import fc from "fast-check";
import { expect, test } from "vitest";
import { readLines } from "./read-lines.ts";

async function* chunksOf(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function read(...texts: string[]): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  for await (const { number, bytes } of readLines(chunksOf(...texts))) lines.push([number, bytes.toString()]);
  return lines;
}

test("numbers the lines, takes both line ends, and the last line without one", async () => {
  expect(await read("a\r\nb\n\nc")).toEqual([
    [1, "a"],
    [2, "b"],
    [3, ""],
    [4, "c"],
  ]);
  expect(await read("a\n")).toEqual([[1, "a"]]);
  expect(await read()).toEqual([]);
});

test("it does not matter where the chunks are cut", async () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r"), maxLength: 8 }), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(texts, async (chunks) => {
      expect(await read(...chunks)).toEqual(await read(chunks.join("")));
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("reads no further than lines are taken", async () => {
  let chunks = 0;
  async function* endless() {
    for (;;) {
      chunks += 1;
      yield Buffer.from("x\ny\n");
    }
  }
  const lines = readLines(endless());
  for (let index = 0; index < 3; index++) await lines.next();
  expect(chunks).toBe(2);
  await lines.return();
});

test("a line without an end is refused by its number, not gathered without end", async () => {
  async function* endless() {
    yield Buffer.from("ok\n");
    for (;;) yield Buffer.alloc(100, "x");
  }
  const drain = async () => {
    for await (const _ of readLines(endless(), 1000));
  };
  await expect(drain()).rejects.toThrow(/line 2 is longer than 1000 bytes/);
});
