/** What the set-up of this project has made. */
import { globSync } from "node:fs";
import { inject } from "vitest";
import { type PackedPackage, workspace } from "./pack-all.ts";

/** Why there is nothing; undefined if there is. */
export function failureToPack(): string | undefined {
  const prepared = inject("packed");
  return "failure" in prepared ? prepared.failure : undefined;
}

/** Throws if there is nothing: one test says why, once. */
export function packed() {
  const prepared = inject("packed");
  if ("failure" in prepared) throw new Error("nothing is packed: as-a-user.test.ts says why");
  return prepared;
}

/** The folders of all packages, known before they are packed, so that each has tests of its own. */
export const packageFolders: readonly string[] = globSync("packages/*", { cwd: workspace }).sort();

export function packedFrom(folder: string): PackedPackage {
  const found = packed().packages.find((one) => one.folder === folder);
  if (found === undefined) throw new Error(`${folder} was not packed`);
  return found;
}
