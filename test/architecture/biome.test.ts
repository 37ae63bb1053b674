// The part of the architecture's rules that Biome holds: shows, with this project's own configuration, that each is on
// where it should be and says what to do instead.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Files, temporaryTree } from "./temporary-tree.ts";

const biome = join(
  dirname(createRequire(import.meta.url).resolve("@biomejs/biome/package.json")),
  "bin/biome",
);
const configuration = JSON.parse(readFileSync(join(import.meta.dirname, "../../biome.json"), "utf8"));

/** The report of `biome lint` on a tree that has our configuration, save that it is no git repository. */
function lint(files: Files): string {
  const settings = JSON.stringify({ ...configuration, $schema: undefined, vcs: { enabled: false } });
  using tree = temporaryTree({ ...files, "biome.json": settings });
  const args = [biome, "lint", "--colors=off", "--max-diagnostics=none", "."];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: tree.root, encoding: "utf8" });
  if (status === null) throw new Error("biome did not run");
  return stdout + stderr;
}

const wire = "packages/common/src/wire/frame.ts";
const core = "packages/sink/src/core/window.ts";
const shell = "packages/sink/src/sink.ts";

const broken: [claim: string, files: Files, rule: string, remedy: string][] = [
  [
    "a core may not read the clock",
    { [core]: "export const at = () => performance.now();\n" },
    "noRestrictedGlobals",
    "Take `now`",
  ],
  [
    "wire may not set a timer",
    { [wire]: "export const late = () => setTimeout(() => 1, 5);\n" },
    "noRestrictedGlobals",
    "effect port",
  ],
  [
    "contract may not draw random bytes",
    { "packages/common/src/contract/id.ts": "export const id = () => crypto.randomUUID();\n" },
    "noRestrictedGlobals",
    "as an argument",
  ],
  [
    "protocol may not read the environment",
    { "packages/common/src/protocol/timing.ts": "export const debug = () => process.argv;\n" },
    "noRestrictedGlobals",
    "let the shell pass it in",
  ],
  [
    "two files may not import each other, not even types",
    {
      "packages/sink/src/a.ts": 'import type { B } from "./b.ts";\nexport type A = B | 1;\n',
      "packages/sink/src/b.ts": 'import type { A } from "./a.ts";\nexport type B = A | 2;\n',
    },
    "noImportCycles",
    "Break the cycle",
  ],
  [
    "a file is named in kebab case",
    { "packages/sink/src/mySink.ts": "export const x = 1;\n" },
    "useFilenamingConvention",
    "kebab-case",
  ],
  [
    "a function has at most three parameters",
    { [shell]: "export const f = (a: 1, b: 2, c: 3, d: 4) => [a, b, c, d];\n" },
    "useMaxParams",
    "options object",
  ],
  [
    "a package imports only what it declares",
    { [shell]: 'export * from "left-pad";\n', "packages/sink/package.json": "{}\n" },
    "noUndeclaredDependencies",
    "package.json",
  ],
  [
    "a test does not sleep",
    { "packages/sink/src/sink.test.ts": "setTimeout(() => 1, 5);\n" },
    "noRestrictedGlobals",
    "drive a clock",
  ],
  [
    "nor by another name",
    { "packages/sink/src/sink.test.ts": 'export * from "node:timers/promises";\n' },
    "noRestrictedImports",
    "drive a clock",
  ],
  [
    "a test is not focused",
    { "packages/sink/src/sink.test.ts": 'test.only("x", () => {});\n' },
    "noFocusedTests",
    "",
  ],
  [
    "a test is not skipped",
    { "packages/sink/src/sink.test.ts": 'test.skip("x", () => {});\n' },
    "noSkippedTests",
    "",
  ],
  ["any is no type", { [shell]: "export const x = (y: any) => y;\n" }, "noExplicitAny", ""],
  [
    "nothing is asserted to be there",
    { [shell]: "export const x = (y?: string) => y!.length;\n" },
    "noNonNullAssertion",
    "",
  ],
];

for (const [claim, files, rule, remedy] of broken) {
  test(claim, () => {
    const report = lint(files);
    expect(report).toContain(`/${rule} `);
    expect(report).toContain(remedy);
  });
}

test("what the rules allow passes", () => {
  const report = lint({
    [core]: "export const at = (now: number) => new Date(now);\n",
    [shell]: 'import { at } from "./core/window.ts";\n\nexport const now = () => at(performance.now());\n',
    "packages/sink/src/core/window.test.ts": "export const at = () => performance.now();\n",
    "packages/sink/package.json": "{}\n",
  });
  expect(report).toContain("Checked 5 files");
  expect(report).not.toMatch(/lint\/|error/);
});
