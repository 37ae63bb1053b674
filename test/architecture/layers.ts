// The one table of who may import whom. A layer is a part of the tree; a file belongs to the first layer whose prefix
// its path starts with. Whatever is not listed is forbidden: there is no list of exemptions.

/**
 * Pure means: no clock, socket, timer, file, randomness, `node:` import or Promise. "passes promises on" may name
 * Promise, because a schema or a handler may give one, but starts nothing asynchronous itself.
 */
export type Purity = "pure" | "passes promises on" | "impure";

export type Layer = {
  readonly name: string;
  /** Paths from the project's root. */
  readonly prefixes: readonly string[];
  /** Layers whose files may be imported, besides the layer's own. */
  readonly mayImport: readonly string[];
  /** npm packages and `node:` modules that may be imported; "any" leaves it to the dependencies in package.json. */
  readonly packages: "any" | readonly string[];
  readonly purity: Purity;
};

const pureCommon = ["contract", "wire", "protocol", "events"];
const common = [...pureCommon, "node", "sqlite", "transport", "submit", "event-stream"];
const roles = ["ventilator", "worker", "sink", "producer"];
const cores = roles.map((role) => `${role} core`);
const shipped = [...common, ...roles, "events package", "local", "cli"];

const inCommon = (folder: string) => [`packages/common/src/${folder}/`];
const pure = { packages: [], purity: "pure" } as const;
const shell = { packages: "any", purity: "impure" } as const;

function roleLayers(role: string): Layer[] {
  const core = `${role} core`;
  return [
    { name: core, prefixes: [`packages/${role}/src/core/`], mayImport: pureCommon, ...pure },
    { name: role, prefixes: [`packages/${role}/`], mayImport: [...common, core], ...shell },
  ];
}

export const layers: readonly Layer[] = [
  {
    name: "contract",
    prefixes: [...inCommon("contract"), "packages/common/src/index.ts"],
    mayImport: [],
    packages: ["@standard-schema/spec"],
    purity: "passes promises on",
  },
  {
    name: "wire",
    prefixes: inCommon("wire"),
    mayImport: ["contract"],
    packages: ["lz4-napi"],
    purity: "pure",
  },
  { name: "protocol", prefixes: inCommon("protocol"), mayImport: ["contract", "wire"], ...pure },
  { name: "events", prefixes: inCommon("events"), mayImport: ["contract", "wire", "protocol"], ...pure },
  { name: "node", prefixes: inCommon("node"), mayImport: pureCommon, ...shell },
  { name: "sqlite", prefixes: inCommon("sqlite"), mayImport: [...pureCommon, "node"], ...shell },
  { name: "transport", prefixes: inCommon("transport"), mayImport: [...pureCommon, "node"], ...shell },
  { name: "submit", prefixes: inCommon("submit"), mayImport: pureCommon, packages: [], purity: "impure" },
  {
    name: "event-stream",
    prefixes: inCommon("event-stream"),
    mayImport: [...pureCommon, "node", "transport"],
    ...shell,
  },
  ...roles.flatMap(roleLayers),
  { name: "events package", prefixes: ["packages/events/"], mayImport: common, ...shell },
  { name: "local", prefixes: ["packages/local/"], mayImport: [...common, ...roles], ...shell },
  {
    name: "cli",
    prefixes: ["packages/cli/"],
    mayImport: [...common, ...roles, "events package", "local"],
    ...shell,
  },
  { name: "examples", prefixes: ["examples/"], mayImport: shipped, ...shell },
  { name: "bench", prefixes: ["bench/"], mayImport: [...shipped, ...cores], ...shell },
  { name: "test", prefixes: ["test/"], mayImport: [...shipped, ...cores], ...shell },
];

/** The layer of a path from the project's root, or undefined outside of all (the root's own configuration files). */
export function layerOf(path: string): Layer | undefined {
  return layers.find(({ prefixes }) => prefixes.some((prefix) => path.startsWith(prefix)));
}

/** Tests and what only tests use, beside the source: not in `dist`, may do what a test must do. */
export function isTestFile(path: string): boolean {
  return /\.(test|test-support)\.ts$/.test(path);
}
