import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ExportedNames } from "./exported-names.ts";
import { packageFolders, run } from "./pack-all.ts";
import { packed, packedFrom } from "./packed.ts";

const snapshotFile = (folder: string) => join(import.meta.dirname, "api", `${basename(folder)}.txt`);

/** Declarations by import specifier, of all subpaths of an installed package. */
function entriesOf(name: string): Map<string, string> {
  const installed = join(packed().userProject, "node_modules", name);
  const { exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const entries = Object.entries<{ types: string }>(exports);
  return new Map(entries.map(([subpath, { types }]) => [join(name, subpath), join(installed, types)]));
}

const names = new ExportedNames((specifier) => {
  const name = specifier.split("/", 2).join("/");
  const file = entriesOf(name).get(specifier);
  if (file === undefined) throw new Error(`no package exports ${specifier}`);
  return file;
});

/** One line per name, values before types. */
function listOf(file: string): string[] {
  const lines = [...names.of(file)].map(([name, { kind }]) => ({ kind, text: `${kind.padEnd(8)} ${name}` }));
  const [types, values] = [true, false].map((isType) =>
    lines.filter(({ kind }) => (kind === "type") === isType),
  );
  return [...(values ?? []), ...(types ?? [])].map(({ text }) => text);
}

describe.each(packageFolders)("%s", (folder) => {
  test("exports what its committed list says, and nothing else", async () => {
    const { name } = packedFrom(folder);
    const sections = [...entriesOf(name)].map(([specifier, file]) => {
      const lines = listOf(file);
      return [specifier, ...(lines.length === 0 ? ["nothing"] : lines)].join("\n  ");
    });
    const said =
      "the public API has changed: if that is meant, run the tests with --project packages --update";
    await expect(`${sections.join("\n\n")}\n`, said).toMatchFileSnapshot(snapshotFile(folder));
  });

  test("really has the values that its declarations promise", async () => {
    const entries = entriesOf(packedFrom(folder).name);
    const code = `const entries = ${JSON.stringify([...entries.keys()])};
      const modules = await Promise.all(entries.map((entry) => import(entry)));
      console.log(JSON.stringify(modules.map((module) => Object.keys(module).sort())));`;
    const output = await run(process.execPath, ["--input-type=module", "--eval", code], packed().userProject);
    const promised = [...entries.values()].map((file) =>
      [...names.of(file)].flatMap(([name, { kind }]) => (kind === "type" ? [] : [name])),
    );
    expect(JSON.parse(output)).toEqual(promised);
  });

  test("explains each name that a user can import, and each option", () => {
    const { name } = packedFrom(folder);
    const entry = entriesOf(name).get(name);
    const exported = entry === undefined ? [] : [...names.of(entry)];
    const unexplained = exported.filter(([, { isExplained }]) => !isExplained).map(([what]) => what);
    const unexplainedOptions = exported
      .filter(([what]) => what.endsWith("Options"))
      .flatMap(([what, { unexplainedMembers }]) => unexplainedMembers.map((member) => `${what}.${member}`));
    expect([...unexplained, ...unexplainedOptions], "write a docstring").toEqual([]);
  });
});

test("no list is left of a package that is gone", () => {
  const lists = globSync("*.txt", { cwd: join(import.meta.dirname, "api") });
  expect(lists.sort()).toEqual(packageFolders.map((folder) => `${basename(folder)}.txt`).sort());
});
