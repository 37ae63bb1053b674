// Reads one declaration file: what it declares, imports and exports, and what of it has a docstring. TypeScript 7 offers no
// API to ask; the parser is the one that vitest brings along.
import { parseAst } from "vitest/node";

export type Kind = "class" | "const" | "function" | "type";

export type Declared = {
  readonly kind: Kind;
  readonly isExplained: boolean;
  /** Members of an interface that have no docstring. */
  readonly unexplainedMembers: readonly string[];
};

export type Reference = {
  readonly name: string;
  /** Another module; undefined for this one. */
  readonly from: string | undefined;
  readonly isType: boolean;
};

export type Module = {
  readonly declared: Map<string, Declared>;
  readonly imported: Map<string, Reference>;
  readonly exported: Map<string, Reference>;
  /** What it exports all of. */
  readonly stars: { readonly from: string; readonly isType: boolean }[];
};

type Statement = ReturnType<typeof parseAst>["body"][number];
type Of<Type extends Statement["type"]> = Extract<Statement, { type: Type }>;
/** Whether a docstring ends right before an offset. */
type IsExplained = (offset: number) => boolean;

export function readModule(text: string): Module {
  const reader = new ModuleReader(docstringsIn(text));
  for (const statement of parseAst(text, { lang: "dts" }).body) reader.read(statement);
  return reader.module;
}

function docstringsIn(text: string): IsExplained {
  const docstrings = text.matchAll(/\/\*\*(?:[^*]|\*(?!\/))*\*\/\s*/g);
  const ends = new Set([...docstrings].map(({ index, 0: docstring }) => index + docstring.length));
  return (offset) => ends.has(offset);
}

class ModuleReader {
  readonly module: Module = { declared: new Map(), imported: new Map(), exported: new Map(), stars: [] };
  readonly #isExplained: IsExplained;

  constructor(isExplained: IsExplained) {
    this.#isExplained = isExplained;
  }

  read(statement: Statement): void {
    switch (statement.type) {
      case "ImportDeclaration":
        return this.#import(statement);
      case "ExportAllDeclaration":
        this.module.stars.push({ from: statement.source.value, isType: statement.exportKind === "type" });
        return;
      case "ExportNamedDeclaration":
        return this.#export(statement);
      default:
        this.#declare(statement, statement.start);
    }
  }

  #import({ specifiers, source, importKind }: Of<"ImportDeclaration">): void {
    for (const specifier of specifiers) {
      const name = specifier.type === "ImportSpecifier" ? nameOf(specifier.imported) : "default";
      const reference = { name, from: source.value, isType: importKind === "type" };
      this.module.imported.set(specifier.local.name, reference);
    }
  }

  #export({ declaration, specifiers, source, exportKind, start }: Of<"ExportNamedDeclaration">): void {
    if (declaration !== null) {
      for (const name of this.#declare(declaration, start)) {
        this.module.exported.set(name, { name, from: undefined, isType: false });
      }
    }
    for (const specifier of specifiers) {
      const isType = exportKind === "type" || specifier.exportKind === "type";
      const reference = { name: nameOf(specifier.local), from: source?.value, isType };
      this.module.exported.set(nameOf(specifier.exported), reference);
    }
  }

  /** The names that are declared. Overloads and merged declarations are one: any of them may have the docstring. */
  #declare(statement: Statement, start: number): string[] {
    const isExplained = this.#isExplained(start);
    const names = declaredNames(statement);
    for (const [name, kind] of names) {
      const before = this.module.declared.get(name);
      this.module.declared.set(name, {
        kind: before === undefined || before.kind === "type" ? kind : before.kind,
        isExplained: isExplained || before?.isExplained === true,
        unexplainedMembers: [...(before?.unexplainedMembers ?? []), ...this.#unexplainedMembers(statement)],
      });
    }
    return names.map(([name]) => name);
  }

  #unexplainedMembers(statement: Statement): string[] {
    if (statement.type !== "TSInterfaceDeclaration") return [];
    return statement.body.body.flatMap((member) => {
      if (member.type !== "TSPropertySignature" && member.type !== "TSMethodSignature") return [];
      const { key, start } = member;
      return key.type === "Identifier" && !this.#isExplained(start) ? [key.name] : [];
    });
  }
}

function declaredNames(statement: Statement): [name: string, kind: Kind][] {
  switch (statement.type) {
    case "TSDeclareFunction":
    case "FunctionDeclaration":
      return statement.id === null ? [] : [[statement.id.name, "function"]];
    case "ClassDeclaration":
      return statement.id === null ? [] : [[statement.id.name, "class"]];
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [[statement.id.name, "type"]];
    case "VariableDeclaration":
      return statement.declarations.flatMap(({ id }) =>
        id.type === "Identifier" ? [[id.name, "const"]] : [],
      );
    default:
      return [];
  }
}

const nameOf = (name: { type: "Identifier"; name: string } | { type: "Literal"; value: string }): string =>
  name.type === "Identifier" ? name.name : name.value;
