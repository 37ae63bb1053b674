import { mkdtemp, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { playQuickStart } from "../examples/quick-start-run.ts";
import { outputOf, StartedProgram } from "../examples/started-program.ts";
import { run, workspace } from "./pack-all.ts";
import { failureToPack, packed } from "./packed.ts";
import { typeErrors } from "./user-project.ts";

const anyPort = "tcp://127.0.0.1:*";
const command = "node_modules/@tq/cli/dist/main.js";

/** The oldest Node that the packages support. */
const oldestNode = join(
  dirname(createRequire(import.meta.url).resolve("node-22.18/package.json")),
  "bin/node",
);

test("all packages can be built, packed and installed", () => {
  expect(failureToPack()).toBe(undefined);
});

test("the examples and the code of all READMEs compile under strict settings, and so do all declarations", async () => {
  expect(await typeErrors(packed().userProject)).toBe("");
});

test("code without await using compiles with the library of ES2022 and a bundler's resolution", async () => {
  expect(await typeErrors(packed().userProject, "tsconfig.older.json")).toBe("");
});

test("the README's pipeline in one process runs", async () => {
  const output = await outputOf("examples/local.ts", { folder: packed().userProject });
  expect(output[0]).toBe("7 squared is 49");
});

test("the code of the local package's README runs", async () => {
  expect(await outputOf("readme/local.ts", { folder: packed().userProject })).toEqual(["49"]);
});

test("the README's quick start runs in four processes, with await using", async () => {
  await playQuickStart({ folder: packed().userProject });
});

test("the oldest Node that is tested is the oldest that the packages promise", async () => {
  const { engines } = JSON.parse(await readFile(join(workspace, "package.json"), "utf8"));
  const version = (await run(oldestNode, ["--version"], workspace)).trim();
  expect(version).toMatch(new RegExp(`^v${engines.node.replace(">=", "")}\\.0$`));
});

test("all roles run on the oldest Node, with close() instead of await using", async () => {
  const options = { folder: packed().userProject, node: oldestNode };
  expect(await outputOf("fixtures/close-all.ts", options)).toEqual([
    "run: 49",
    "map: 1",
    "map: 4",
    "map: 9",
    "submit: 1208925819614629174706176",
    "closed",
  ]);
});

test("workers on threads run on the oldest Node, from where the package is installed", async () => {
  const options = { folder: packed().userProject, node: oldestNode };
  expect(await outputOf("fixtures/on-threads.ts", options)).toEqual(["1", "4", "9"]);
});

test("CommonJS code can require the packages, on the oldest Node, too", async () => {
  const folder = packed().userProject;
  const code =
    'const { startLocal, TqError } = require("@tq/local"); console.log(typeof startLocal, TqError.name)';
  for (const node of [process.execPath, oldestNode]) {
    expect(await run(node, ["--input-type=commonjs", "--eval", code], folder)).toBe("function TqError\n");
  }
});

test("the installed command says what it can, by the link that the package manager made", async () => {
  const folder = packed().userProject;
  const { version } = JSON.parse(await readFile(join(workspace, "packages/cli/package.json"), "utf8"));
  // The link starts the first node of the PATH.
  const shell = (line: string) =>
    run("env", [`PATH=${dirname(process.execPath)}:${process.env.PATH}`, "sh", "-c", line], folder);
  expect(await shell("node_modules/.bin/tq --version")).toBe(`${version}\n`);
  const help = await run(process.execPath, ["packages/cli/src/main.ts", "--help"], workspace);
  expect(help).toMatch(/^ +ventilator .*\n +worker .*\n +sink .*\n +submit /m);
  expect(await shell("node_modules/.bin/tq --help")).toBe(help);
});

test.each([
  ["this Node", process.execPath],
  ["the oldest Node", oldestNode],
])("the installed command carries tasks from a shell to a file, on %s", async (_, node) => {
  const folder = packed().userProject;
  const tq = (...args: string[]) => new StartedProgram(command, { folder, node, args });
  const kept = await mkdtemp(join(folder, "kept-"));
  const [store, file] = [join(kept, "results.db"), join(kept, "results.ndjson")];
  await using sink = tq("sink", "--bind", anyPort, "--store", store, "--out", file);
  const { bind } = await sink.ready();
  await using ventilator = tq(
    "ventilator",
    "--workers",
    anyPort,
    "--producers",
    anyPort,
    "--sink",
    `${bind}`,
    "--journal",
    join(kept, "journal"),
  );
  const { workers, producers } = await ventilator.ready();
  await using worker = tq("worker", "examples/four-shells/handlers.ts", "--ventilator", `${workers}`);
  await worker.ready();
  const to = ["--ventilator", `${producers}`];

  await using submit = tq("submit", "math.square", "12", ...to);
  expect(await submit.ended).toMatchObject({ exitCode: 0 });
  await using waiting = tq("submit", "math.square", "13", ...to, "--wait");
  const end = await waiting.ended;
  expect(end.stdout.map((line) => JSON.parse(line))).toMatchObject([{ outcome: "completed", output: 169 }]);

  const ends = [await ventilator.stop("SIGTERM"), await worker.stop("SIGTERM"), await sink.stop("SIGTERM")];
  expect(ends.map(({ exitCode, stderr }) => ({ exitCode, trouble: troubleIn(stderr) }))).toEqual(
    Array(3).fill({ exitCode: 0, trouble: [] }),
  );
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ outcome: "completed", output: 144 }]);
  await using results = tq("results", "--store", store);
  const found = (await results.ended).stdout.map((line) => JSON.parse(line));
  expect(found).toMatchObject([{ ...JSON.parse(lines[0] ?? ""), committedAt: expect.any(String) }]);
});

/** Errors in a role's log, and whatever is no line of it; Node's own notice of running TypeScript is none. */
function troubleIn(stderr: string): string[] {
  const harmless =
    /^$|^\{"level":[1-4]0,|^\(node:\d+\) ExperimentalWarning: Type Stripping|^\(Use `node --trace-warnings/;
  return stderr.split("\n").filter((line) => !harmless.test(line));
}
