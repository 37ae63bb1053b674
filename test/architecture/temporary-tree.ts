// A small tree of files in a temporary folder, shaped like this workspace, for trying the rules on.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Contents by path from the tree's root. */
export type Files = Readonly<Record<string, string>>;

export type TemporaryTree = Disposable & { readonly root: string };

/** The tree is removed when it is disposed of. */
export function temporaryTree(files: Files): TemporaryTree {
  const root = mkdtempSync(join(tmpdir(), "tq-tree-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
