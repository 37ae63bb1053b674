/** What the set-up of this project has made. Throws why it could not. */
import { globSync } from "node:fs";
import { inject } from "vitest";
import { type PackedPackage, workspace } from "./pack-all.ts";

export function packed() {
  const prepared = inject("packed");
  if ("failure" in prepared)
    throw new Error(`the packages could not be packed or installed: ${prepared.failure}`);
  return prepared;
}

/** The folders of all packages, known before they are packed, so that each has tests of its own. */
export const packageFolders: readonly string[] = globSync("packages/*", { cwd: workspace }).sort();

export function packedFrom(folder: string): PackedPackage {
  const found = packed().packages.find((one) => one.folder === folder);
  if (found === undefined) throw new Error(`${folder} was not packed`);
  return found;
}
