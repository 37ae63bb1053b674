// The project of somebody who uses tq: an empty folder outside of the workspace, in which the tarballs are installed, with
// strict settings of the compiler, and with the examples and the code of the packages' READMEs as their own. pnpm installs,
// because it lets a package import only what its own package.json names; and from the workspace's store, so that hardly
// anything is fetched.
import { readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type PackedPackage, pnpm, run, workspace } from "./pack-all.ts";

const compilerOptions = {
  target: "es2024",
  lib: ["es2024", "esnext.disposable"],
  module: "nodenext",
  types: ["node"],
  noEmit: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  // The packages' own declarations are compiled, too, and those of what they depend on.
  skipLibCheck: false,
};

/** Of somebody with an older standard library who bundles what they write. */
const olderOptions = {
  ...compilerOptions,
  target: "es2022",
  lib: ["es2022"],
  module: "esnext",
  moduleResolution: "bundler",
};

/** `folder` must not exist. */
export async function createUserProject(folder: string, packed: readonly PackedPackage[]): Promise<void> {
  await mkdir(folder);
  const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const catalog = readCatalog();
  const examples: Record<string, string> = readJson(join(workspace, "examples/package.json")).dependencies;
  const others = Object.keys(examples).filter((name) => !(name in tarballs));
  const versions = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, catalog.get(name)]));
  const manifest = {
    name: "uses-tq",
    private: true,
    type: "module",
    dependencies: { ...tarballs, ...versions(others) },
    devDependencies: versions(["@types/node", "typescript"]),
  };
  // The packages name each other by version, and no registry has them.
  const settings = { overrides: tarballs };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
  // JSON is YAML.
  await writeFile(join(folder, "pnpm-workspace.yaml"), JSON.stringify(settings, undefined, 2));
  const configure = (name: string, settings: object) =>
    writeFile(join(folder, name), JSON.stringify(settings, undefined, 2));
  await configure("tsconfig.json", { compilerOptions });
  await configure("tsconfig.older.json", { compilerOptions: olderOptions, include: ["fixtures"] });
  await cp(join(workspace, "examples"), join(folder, "examples"), {
    recursive: true,
    filter: (source) => !["node_modules", "package.json"].includes(basename(source)),
  });
  await mkdir(join(folder, "readme"));
  for (const { folder: own } of packed) {
    const code = codeIn(readFileSync(join(workspace, own, "README.md"), "utf8"));
    await writeFile(join(folder, "readme", `${basename(own)}.ts`), code);
  }
  await cp(join(import.meta.dirname, "fixtures"), join(folder, "fixtures"), { recursive: true });
  const store = (await pnpm(["store", "path"], workspace)).trim();
  // No install script may be needed: package managers ask first, or do not run them at all.
  await pnpm(["install", "--prefer-offline", "--ignore-scripts", "--store-dir", store], folder);
}

/** The TypeScript of a document. */
const codeIn = (text: string): string =>
  [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code).join("\n");

/** What the compiler says of the project's code: nothing, if all is well. */
export async function typeErrors(project: string, configuration = "tsconfig.json"): Promise<string> {
  try {
    const compiler = join(project, "node_modules/typescript/bin/tsc");
    return await run(process.execPath, [compiler, "--project", configuration], project);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

/** Versions by package, as the workspace pins them. */
function readCatalog(): Map<string, string> {
  const text = readFileSync(join(workspace, "pnpm-workspace.yaml"), "utf8");
  const [, block = ""] = /^catalog:\n((?: .*\n|\n)+)/m.exec(text) ?? [];
  const rows = block.matchAll(/^ {2}"?([^\s":]+)"?: (\S+)$/gm);
  return new Map([...rows].map(([, name = "", version = ""]) => [name, version]));
}
