// What importing from a package can name, as its users' compilers see it: through all re-exports of its built declarations,
// those of other packages included.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Declared, type Module, type Reference, readModule } from "./read-module.ts";

/** The file of declarations that a package's name, or one of its subpaths, stands for. */
export type ResolvePackage = (specifier: string) => string;

export class ExportedNames {
  readonly #modules = new Map<string, Module>();
  readonly #resolvePackage: ResolvePackage;

  constructor(resolvePackage: ResolvePackage) {
    this.#resolvePackage = resolvePackage;
  }

  /** Everything that this file exports, sorted by name. */
  of(file: string): Map<string, Declared> {
    const found = new Map<string, Declared>();
    const { exported, stars } = this.#module(file);
    for (const { from, isType } of stars) {
      for (const [name, declared] of this.of(this.#resolve(file, from))) {
        found.set(name, isType ? asType(declared) : declared);
      }
    }
    for (const [name, reference] of exported) found.set(name, this.#follow(file, reference));
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #follow(file: string, { name, from, isType }: Reference): Declared {
    const found =
      from === undefined ? this.#local(file, name) : this.#foreign(this.#resolve(file, from), name);
    return isType ? asType(found) : found;
  }

  #local(file: string, name: string): Declared {
    const { declared, imported } = this.#module(file);
    const own = declared.get(name);
    if (own !== undefined) return own;
    const reference = imported.get(name);
    if (reference === undefined) throw new Error(`${file} exports ${name} without having it`);
    return this.#follow(file, reference);
  }

  #foreign(file: string, name: string): Declared {
    const found = this.of(file).get(name);
    if (found === undefined) throw new Error(`${file} does not export ${name}`);
    return found;
  }

  #resolve(file: string, specifier: string): string {
    if (!specifier.startsWith(".")) return this.#resolvePackage(specifier);
    return join(dirname(file), specifier.replace(/\.[jt]s$/, ".d.ts"));
  }

  #module(file: string): Module {
    let module = this.#modules.get(file);
    if (module === undefined) {
      module = readModule(readFileSync(file, "utf8"));
      this.#modules.set(file, module);
    }
    return module;
  }
}

const asType = (declared: Declared): Declared => ({ ...declared, kind: "type" });
