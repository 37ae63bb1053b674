import { join } from "node:path";
import { expect, test } from "vitest";
import { checkTree, type Finding } from "./check.ts";
import { type Files, temporaryTree } from "./temporary-tree.ts";

const manifest = (name: string, exports: Record<string, string> = { ".": "./src/index.ts" }) =>
  JSON.stringify({ name, exports });

const workspace: Files = {
  "packages/common/package.json": manifest("@tq/common", {
    ".": "./src/index.ts",
    "./wire": "./src/wire/index.ts",
    "./transport": "./src/transport/index.ts",
  }),
  "packages/ventilator/package.json": manifest("@tq/ventilator"),
  "packages/worker/package.json": manifest("@tq/worker"),
  "packages/local/package.json": manifest("@tq/local"),
};

function findingsOf(files: Files): Finding[] {
  using tree = temporaryTree({ ...workspace, ...files });
  return checkTree(tree.root);
}

/** What, in which file, is found with the rule; or nothing. */
type Case = [claim: string, file: string, code: string, rule?: Finding["rule"]];

const common = "packages/common/src";
const core = "packages/worker/src/core/lease.ts";
const shell = "packages/worker/src/worker.ts";
const importing = (specifier: string) => `import { x } from "${specifier}";\n`;

const layerCases: Case[] = [
  ["wire may import contract", `${common}/wire/a.ts`, importing("../contract/task.ts")],
  ["contract may not import wire", `${common}/contract/a.ts`, importing("../wire/a.ts"), "layers"],
  ["the public entry is contract", `${common}/index.ts`, importing("./contract/task.ts")],
  ["and may not import transport", `${common}/index.ts`, importing("./transport/link.ts"), "layers"],
  ["protocol may import wire", `${common}/protocol/a.ts`, importing("../wire/index.ts")],
  ["wire may not import protocol", `${common}/wire/a.ts`, importing("../protocol/index.ts"), "layers"],
  ["transport may import node", `${common}/transport/a.ts`, importing("../node/index.ts")],
  ["node may not import transport", `${common}/node/a.ts`, importing("../transport/a.ts"), "layers"],
  ["transport may import protocol", `${common}/transport/a.ts`, importing("../protocol/index.ts")],
  ["protocol may not import transport", `${common}/protocol/a.ts`, importing("../transport/a.ts"), "layers"],
  ["submit may not import transport", `${common}/submit/a.ts`, importing("../transport/a.ts"), "layers"],
  ["a core may import wire", core, importing("@tq/common/wire")],
  ["a core may not import transport", core, importing("@tq/common/transport"), "layers"],
  ["a core may not import its own shell", core, importing("../worker.ts"), "layers"],
  ["a shell may import its own core", shell, importing("./core/lease.ts")],
  ["a shell may import transport", shell, importing("@tq/common/transport")],
  ["a role may not import another role", shell, importing("@tq/ventilator"), "layers"],
  [
    "nor types of it",
    shell,
    'import type { V } from "@tq/ventilator";\nexport type { V } from "@tq/ventilator";\n',
    "layers",
  ],
  ["nor re-export it", shell, 'export * from "@tq/ventilator";\n', "layers"],
  ["nor import it late", shell, 'export const v = import("@tq/ventilator");\n', "layers"],
  ["nor name it in a type", shell, 'export type V = import("@tq/ventilator").V;\n', "layers"],
  ["local may import a role", "packages/local/src/a.ts", importing("@tq/worker")],
  ["a role may not import local", shell, importing("@tq/local"), "layers"],
  ["cli may import local", "packages/cli/src/a.ts", importing("@tq/local")],
  ["local may not import cli", "packages/local/src/a.ts", importing("../../cli/src/a.ts"), "by-name"],
  ["an example may import a package", "examples/a.ts", importing("@tq/local")],
  [
    "a package may not import an example",
    "packages/cli/src/a.ts",
    importing("../../../examples/a.ts"),
    "by-name",
  ],
  ["nor may a test", "test/integration/a.test.ts", importing("../../examples/a.ts"), "layers"],
  [
    "a test may import a core",
    "test/simulation/a.test.ts",
    importing("../../packages/worker/src/core/lease.ts"),
  ],
  ["a bench may not import a test", "bench/src/a.ts", importing("../../test/a.ts"), "layers"],
  [
    "an example may not reach inside a package",
    "examples/a.ts",
    importing("../packages/worker/src/index.ts"),
    "by-name",
  ],
  ["a source may not import a unit test", shell, importing("./worker.test.ts"), "tests"],
  [
    "a unit test may import another layer of its package",
    "packages/worker/src/core/a.test.ts",
    importing("../worker.ts"),
  ],
  [
    "a unit test may not import another role",
    "packages/worker/src/a.test.ts",
    importing("@tq/ventilator"),
    "layers",
  ],
];

const packageCases: Case[] = [
  ["wire may use lz4-napi", `${common}/wire/a.ts`, importing("lz4-napi")],
  ["protocol may not use lz4-napi", `${common}/protocol/a.ts`, importing("lz4-napi"), "packages"],
  ["a core may not use node:", core, importing("node:events"), "packages"],
  ["contract may not use node:", `${common}/contract/a.ts`, importing("node:crypto"), "packages"],
  ["a shell may use node:", shell, importing("node:events")],
  ["a core's unit test may use node:", "packages/worker/src/core/a.test.ts", importing("node:fs")],
  [
    "a core may not import what it computes",
    core,
    "export const load = (x: string) => import(x);\n",
    "packages",
  ],
  ["one transport file may use zeromq", `${common}/transport/a.ts`, importing("zeromq")],
  ["a shell may not use zeromq", shell, importing("zeromq"), "one-zeromq"],
  ["a test may be a raw peer", "test/integration/a.test.ts", importing("zeromq")],
];

const purityCases: Case[] = [
  ["a core may compute with a given time", core, "export const at = (now: number) => new Date(now);\n"],
  ["a core may not read the clock", core, "export const at = () => Date.now();\n", "pure"],
  ["nor make a date of now", core, "export const at = () => new Date();\n", "pure"],
  ["nor a string of now", core, "export const at = () => Date();\n", "pure"],
  ["nor roll dice", core, "export const dice = () => Math.random();\n", "pure"],
  ["nor set a timer", core, "export const late = () => AbortSignal.timeout(5);\n", "pure"],
  ["nor be asynchronous", core, "export async function f() {}\n", "pure"],
  ["nor return a promise", core, "export type F = () => Promise<void>;\n", "pure"],
  ["a comment is no code", core, "// Not Date.now(): async code is for the shell.\nexport {};\n"],
  ["a shell may read the clock", shell, "export const at = async () => Date.now();\n"],
  ["contract may name a promise", `${common}/contract/a.ts`, "export type F = () => Promise<void>;\n"],
  [
    "contract may not make one",
    `${common}/contract/a.ts`,
    "export const p = new Promise(() => {});\n",
    "pure",
  ],
  ["contract may not await", `${common}/contract/a.ts`, "export const f = async () => {};\n", "pure"],
];

const suppressionCases: Case[] = [
  [
    "a structural rule may not be switched off",
    core,
    "// biome-ignore lint/style/noRestrictedGlobals: handy\nexport {};\n",
    "suppression",
  ],
  ["nor all rules at once", core, "// biome-ignore-all lint: handy\nexport {};\n", "suppression"],
  [
    "another rule may",
    core,
    "// biome-ignore lint/suspicious/noControlCharactersInRegex: a range\nexport {};\n",
  ],
];

const placeCases: Case[] = [
  ["a file of common belongs to a layer", `${common}/misc/a.ts`, "export {};\n", "placed"],
  ["a file has 400 lines", shell, "// a line\n".repeat(400)],
  ["and no more, comments counted", shell, `/*\n${"a line\n".repeat(399)}*/\n`, "length"],
];

const cases = [...placeCases, ...layerCases, ...packageCases, ...purityCases, ...suppressionCases];

for (const [claim, file, code, rule] of cases) {
  test(claim, () => {
    const [first] = findingsOf({ [file]: code });
    expect(first?.rule).toBe(rule);
    if (rule !== undefined) expect(first?.path).toBe(file);
  });
}

test("a second transport file may not use zeromq, and is told which one does", () => {
  const [finding, ...others] = findingsOf({
    [`${common}/transport/a.ts`]: importing("zeromq"),
    [`${common}/transport/b.ts`]: importing("zeromq"),
  });
  expect(finding?.path).toBe(`${common}/transport/b.ts`);
  expect(finding?.message).toContain("transport/a.ts");
  expect(others).toEqual([]);
});

test("a finding names the line, what is allowed, and the remedy", () => {
  const [finding] = findingsOf({ [shell]: `\n${importing("@tq/ventilator")}` });
  expect(finding?.line).toBe(2);
  expect(finding?.message).toMatch(
    /worker may import only .*worker core, not ventilator\. Move what both need/,
  );
});

test("this project keeps its own rules", () => {
  expect(checkTree(join(import.meta.dirname, "../.."))).toEqual([]);
});
