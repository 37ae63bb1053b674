import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryTree } from "../architecture/temporary-tree.ts";
import { ExportedNames } from "./exported-names.ts";

/** What `index.d.ts` exports: kind by name. */
function kindsOf(files: Record<string, string>): Record<string, string> {
  using tree = temporaryTree(files);
  const names = new ExportedNames((specifier) => join(tree.root, `${specifier}.d.ts`));
  const found = names.of(join(tree.root, "index.d.ts"));
  return Object.fromEntries([...found].map(([name, { kind }]) => [name, kind]));
}

test("names are followed through files, packages, renames and stars to what they are", () => {
  const kinds = kindsOf({
    "index.d.ts": `
      import { a as local } from "./inner.js";
      export { local as renamed };
      export { B, type C, type D as E } from "./inner.ts";
      export * from "other";
    `,
    "inner.d.ts": `
      export declare const a: 1, unused: 2;
      export declare class B {}
      export interface C {}
      declare class D {}
      export { D };
    `,
    "other.d.ts": "export declare function f(): void; export type T = 1; export {};",
  });
  expect(kinds).toEqual({ renamed: "const", B: "class", C: "type", E: "type", f: "function", T: "type" });
});

test("a class that is exported as a type only is a type", () => {
  const inner = "export declare class A {}";
  expect(kindsOf({ "index.d.ts": 'export type * from "./inner.ts";', "inner.d.ts": inner })).toEqual({
    A: "type",
  });
  expect(kindsOf({ "index.d.ts": 'export type { A } from "./inner.ts";', "inner.d.ts": inner })).toEqual({
    A: "type",
  });
});

test("what is not exported is not listed, and an export of nothing is an error", () => {
  expect(kindsOf({ "index.d.ts": "declare const hidden: 1; export {};" })).toEqual({});
  expect(() => kindsOf({ "index.d.ts": 'export { a } from "./b.ts";', "b.d.ts": "export {};" })).toThrow(
    /a$/,
  );
});

test("a docstring explains the declaration that it stands before, and no other", () => {
  using tree = temporaryTree({
    "index.d.ts": `
      /** Of the module. */

      /** Explained. */
      export interface A {
        /** Explained. */
        one: 1;
        // No docstring.
        two: 2;
        three(): void;
      }
      export interface B {}
      // No docstring.
      export type C = 1;
      export declare function f(): void;
      /** Of the overload. */
      export declare function f(x: 1): void;
    `,
  });
  const names = new ExportedNames((specifier) => specifier).of(join(tree.root, "index.d.ts"));
  const explained = [...names].filter(([, { isExplained }]) => isExplained).map(([name]) => name);
  expect(explained).toEqual(["A", "f"]);
  expect(names.get("A")?.unexplainedMembers).toEqual(["two", "three"]);
});
