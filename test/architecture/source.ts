// Reads one source file as the checker sees it: what it imports, and which impure things it does. Works on the syntax
// tree, so that comments and strings never count. The parser is the one that vitest brings along: TypeScript 7 offers none.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "vitest/node";

export type Import = { readonly specifier: string; readonly line: number };
export type Impurity = { readonly what: string; readonly line: number };
export type Suppression = { readonly rule: string; readonly line: number };

export type Source = {
  /** From the project's root. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly impurities: readonly Impurity[];
  readonly suppressions: readonly Suppression[];
};

type Node = { readonly type: string; readonly start: number; readonly [key: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

export function readSource(root: string, path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const imports: Import[] = [];
  const impurities: Impurity[] = [];
  visit(parseAst(text, { lang: "ts" }), (node) => {
    const specifier = importedBy(node);
    if (specifier !== undefined) imports.push({ specifier, line: lineAt(node.start) });
    const what = impurityOf(node);
    if (what !== undefined) impurities.push({ what, line: lineAt(node.start) });
  });
  const lines = text.trimEnd().split("\n").length;
  return { path, lines, imports, impurities, suppressions: suppressionsIn(text) };
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see);
  } else if (isNode(value)) {
    see(value);
    for (const child of Object.values(value)) visit(child, see);
  }
}

const importing = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

/** Imports of types count: they tie two modules together just as well. */
function importedBy(node: Node): string | undefined {
  if (!importing.has(node.type) || !isNode(node.source)) return undefined;
  const { value } = node.source;
  // A computed import could reach anything.
  return typeof value === "string" ? value : "<computed>";
}

/** What a pure layer must not do and Biome's `noRestrictedGlobals` cannot say: parts of globals, and syntax. */
function impurityOf(node: Node): string | undefined {
  switch (node.type) {
    case "AwaitExpression":
      return "await";
    case "ForOfStatement":
      return node.await === true ? "for await" : undefined;
    case "MemberExpression":
      return memberImpurity(nameOf(node.object), nameOf(node.property));
    case "NewExpression":
      return newImpurity(node);
    case "CallExpression":
      // Without `new`, and whatever its arguments, Date gives the present time.
      return nameOf(node.callee) === "Date" ? "Date()" : undefined;
    case "Identifier":
      return node.name === "Promise" ? "Promise" : undefined;
    default:
      return node.async === true ? "async" : undefined;
  }
}

function memberImpurity(object: string | undefined, property: string | undefined): string | undefined {
  if (object === "Date" && property === "now") return "Date.now";
  if (object === "AbortSignal" && property === "timeout") return "AbortSignal.timeout";
  return object === "Math" && property === "random" ? "Math.random" : undefined;
}

function newImpurity(node: Node): string | undefined {
  const name = nameOf(node.callee);
  if (name === "Promise") return "new Promise";
  const withoutArguments = Array.isArray(node.arguments) && node.arguments.length === 0;
  return name === "Date" && withoutArguments ? "new Date()" : undefined;
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && value.type === "Identifier" && typeof value.name === "string"
    ? value.name
    : undefined;
}

const structural = /\/(noRestrictedGlobals|noImportCycles)\b/;

/** Comments that would switch off, for a line or a file, a rule of the architecture that Biome holds. */
function suppressionsIn(text: string): Suppression[] {
  return text.split("\n").flatMap((line, index) => {
    const rule = /^\s*(?:\/\/|\/\*)\s*biome-ignore(?:-\w+)?\s+(?<rule>lint[\w/]*)/.exec(line)?.groups?.rule;
    const broad = rule !== undefined && rule.split("/").length < 3;
    return rule !== undefined && (broad || structural.test(rule)) ? [{ rule, line: index + 1 }] : [];
  });
}
