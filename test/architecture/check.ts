// Checks the import rules and the purity of the pure layers over a whole tree. Held by Biome instead, and not here: the
// globals of pure layers, import cycles, the length of functions, file names (biome.json). Biome can also limit the length
// of files, but does not count the lines of block comments.
import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { isTestFile, type Layer, layerOf } from "./layers.ts";
import { type Import, readSource, type Source } from "./source.ts";

export type Finding = {
  readonly rule:
    | "layers"
    | "packages"
    | "by-name"
    | "tests"
    | "one-zeromq"
    | "pure"
    | "suppression"
    | "length"
    | "placed";
  readonly path: string;
  readonly line: number;
  /** What is wrong, and what to do instead. */
  readonly message: string;
};

/** A target is a path in the project, or the name of an npm package or `node:` module. */
type Target = { readonly path: string } | { readonly package: string };

type Scope = {
  readonly source: Source;
  readonly layer: Layer;
  readonly entries: ReadonlyMap<string, string>;
};

const linesMax = 400;
const zeromqFolder = "packages/common/src/transport/";

export function checkTree(root: string): Finding[] {
  const entries = packageEntries(root);
  const patterns = ["packages/*/src/**/*.ts", "{examples,bench,test}/**/*.ts"];
  const paths = globSync(patterns, { cwd: root, exclude: ["**/node_modules", "**/dist"] });
  const sources = paths.sort().map((path) => readSource(root, path));
  const findings = sources.flatMap((source) => {
    const layer = layerOf(source.path);
    return layer === undefined ? [unplaced(source)] : checkSource({ source, layer, entries });
  });
  return [...findings, ...checkZeromq(sources)];
}

function unplaced({ path }: Source): Finding {
  const message =
    "This belongs to no layer. Move it to the layer it belongs to, or give its folder a row in test/architecture/layers.ts.";
  return { rule: "placed", path, line: 1, message };
}

/** Import specifier → source file, from the `exports` of each package of the workspace. */
function packageEntries(root: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const manifest of globSync("packages/*/package.json", { cwd: root })) {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, manifest), "utf8"));
    for (const [subpath, file] of Object.entries<string>(exports)) {
      entries.set(posix.join(name, subpath), posix.join(posix.dirname(manifest), file));
    }
  }
  return entries;
}

function checkSource(scope: Scope): Finding[] {
  const { source, layer } = scope;
  const findings = source.imports.flatMap((imported) => {
    const found = checkImport(scope, imported);
    return found === undefined ? [] : [{ ...found, path: source.path, line: imported.line }];
  });
  for (const { rule, line } of source.suppressions) {
    const message = `A comment switches off ${rule}. The rules of the architecture have no exemptions: meet the rule, or change it for all in biome.json.`;
    findings.push({ rule: "suppression", path: source.path, line, message });
  }
  return [...findings, ...checkPurity(source, layer), ...checkLength(source)];
}

function checkPurity(source: Source, layer: Layer): Finding[] {
  if (layer.purity === "impure" || isTestFile(source.path)) return [];
  const forbidden = source.impurities.filter(
    ({ what }) => what !== "Promise" || layer.purity !== "passes promises on",
  );
  return forbidden.map(({ what, line }) => ({
    rule: "pure",
    path: source.path,
    line,
    message: `${layer.name} is pure, yet this uses ${what}. Take the time as an argument \`now\`, and let effects leave through the port that the shell implements.`,
  }));
}

function checkLength({ path, lines }: Source): Finding[] {
  if (lines <= linesMax) return [];
  const message = `${lines} lines, of ${linesMax} at most. Cut the file by mechanism; about 100 lines read well.`;
  return [{ rule: "length", path, line: linesMax + 1, message }];
}

type Verdict = Pick<Finding, "rule" | "message"> | undefined;

function checkImport(scope: Scope, imported: Import): Verdict {
  const target = resolveImport(scope, imported.specifier);
  return "path" in target ? checkPath(scope, imported, target.path) : checkPackage(scope, target.package);
}

function resolveImport({ source, entries }: Scope, specifier: string): Target {
  if (specifier.startsWith(".")) return { path: posix.join(posix.dirname(source.path), specifier) };
  const entry = entries.get(specifier);
  return entry === undefined ? { package: specifier } : { path: entry };
}

function checkPath({ source, layer }: Scope, { specifier }: Import, path: string): Verdict {
  const tested = isTestFile(source.path) || layer.name === "test";
  if (isTestFile(path) && !tested) {
    return {
      rule: "tests",
      message: `Only tests may import ${path}. Move what both need into a source file.`,
    };
  }
  const folder = packageFolder(source.path);
  const crosses = folder !== packageFolder(path);
  if (crosses && specifier.startsWith(".") && !mayReachInside(layer)) {
    const message = `${specifier} reaches into another package. Import it by its package name; if it is not exported there, export it.`;
    return { rule: "by-name", message };
  }
  const other = layerOf(path);
  if (other?.name === layer.name || (other !== undefined && layer.mayImport.includes(other.name)))
    return undefined;
  // A unit test may set the module it tests against anything of the same package.
  if (isTestFile(source.path) && !crosses) return undefined;
  const allowed = layer.mayImport.length === 0 ? "no other layer" : `only ${layer.mayImport.join(", ")}`;
  const message = `${layer.name} may import ${allowed}, not ${other?.name ?? path}. Move what both need down to a layer that both may import, or pass it in.`;
  return { rule: "layers", message };
}

/** Tests and benches drive the cores, which no package exports. */
const mayReachInside = ({ name }: Layer) => name === "test" || name === "bench";

const packageFolder = (path: string) =>
  path
    .split("/")
    .slice(0, path.startsWith("packages/") ? 2 : 1)
    .join("/");

function checkPackage({ source, layer }: Scope, specifier: string): Verdict {
  if (layer.packages === "any" || layer.packages.includes(specifier) || isTestFile(source.path))
    return undefined;
  const allowed = layer.packages.length === 0 ? "no package" : `only ${layer.packages.join(", ")}`;
  const message = `${layer.name} may import ${allowed}, not ${specifier}. Do this in the shell (transport or the role package) and hand the result in.`;
  return { rule: "packages", message };
}

/** One shipped file speaks to the library, so that its pitfalls are handled once. Tests and benches may be raw peers. */
function checkZeromq(sources: readonly Source[]): Finding[] {
  const uses = sources.flatMap(({ path, imports }) => {
    const shipped = path.startsWith("packages/") && !isTestFile(path);
    const first = imports.find(({ specifier }) => specifier === "zeromq");
    return shipped && first !== undefined ? [{ path, line: first.line }] : [];
  });
  const home = uses.find(({ path }) => path.startsWith(zeromqFolder));
  return uses
    .filter((use) => use !== home)
    .map(({ path, line }) => ({
      rule: "one-zeromq",
      path,
      line,
      message: `Only one file may import zeromq: ${home?.path ?? `one in ${zeromqFolder}`}. Go through the Link port.`,
    }));
}
