// Packs and installs once for all test files of this project, before the first of them: packing twice at a time would cost
// twice. If it fails, one test says why, those that need it fail, and those of other projects run all the same.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type PackedPackage, packAll } from "./pack-all.ts";
import { createUserProject } from "./user-project.ts";

type Prepared = {
  readonly packages: readonly PackedPackage[];
  /** Folder of a project that has them installed. */
  readonly userProject: string;
};

declare module "vitest" {
  interface ProvidedContext {
    packed: Prepared | { readonly failure: string };
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "tq-packed-"));
  try {
    const packages = await packAll(folder);
    const userProject = join(folder, "user");
    await createUserProject(userProject, packages);
    provide("packed", { packages, userProject });
  } catch (error) {
    provide("packed", { failure: error instanceof Error ? error.message : String(error) });
  }
  return () => rm(folder, { recursive: true });
}
