/** What the set-up of this project has made. */
import { inject } from "vitest";
import type { PackedPackage } from "./pack-all.ts";

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

export function packedFrom(folder: string): PackedPackage {
  const found = packed().packages.find((one) => one.folder === folder);
  if (found === undefined) throw new Error(`${folder} was not packed`);
  return found;
}
