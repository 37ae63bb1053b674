import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadHandlers } from "./load-handlers.ts";

const contract = pathToFileURL(join(import.meta.dirname, "../../../common/src/index.ts")).href;
const preamble = `import { defineTask, handler, type } from ${JSON.stringify(contract)};
const task = (name: string) => defineTask({ name, input: type<number>(), output: type<number>() });
const make = (name: string) => handler(task(name), (n) => n);
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-handlers-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const namesOf = async (...files: string[]) => (await loadHandlers(files)).map(({ task }) => task.name);

test("takes handlers exported by name, alone or in an array by default, each once, and nothing else", async () => {
  const path = file(
    "mixed.ts",
    `${preamble}
    export const one = make("one");
    export const settings = { retries: 3 };
    export const list = [make("left-alone")];
    export function helper() {}
    export default [one, make("two"), 5, null];`,
  );
  expect(await namesOf(path)).toEqual(["one", "two"]);
});

test("takes a single handler by default, and those of all files", async () => {
  const first = file("first.ts", `${preamble} export default make("first");`);
  const second = file("second.ts", `${preamble} export const h = make("second");`);
  expect(await namesOf(first, second)).toEqual(["first", "second"]);
});

test.each([
  ["syntax", "export const = 5;", /syntax\.ts cannot be loaded: /],
  ["throws", "throw new Error('no database');", /throws\.ts cannot be loaded: Error: no database/],
  ["none", "export const a = 1, b = 2;", /none\.ts exports nothing that handler\(\) made; its exports: a, b/],
])("a file with a mistake is refused with its name and the mistake: %s", async (name, text, message) => {
  await expect(loadHandlers([file(`${name}.ts`, text)])).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_HANDLER",
    message: expect.stringMatching(message),
  });
});

test("a missing file and a folder are refused", async () => {
  await expect(loadHandlers([join(folder, "missing.ts")])).rejects.toThrow(
    /missing\.ts cannot be read: ENOENT/,
  );
  await expect(loadHandlers([folder])).rejects.toThrow(/is not a file/);
});
