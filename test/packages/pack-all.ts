// Builds and packs all packages as they would be published, from a copy of their sources in a folder of its own: so it packs
// no leftovers of earlier builds, and disturbs nobody who builds or runs the workspace meanwhile.
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { cp, mkdir, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

export const workspace = join(import.meta.dirname, "../..");

/** `packages/worker` and so on. */
export const packageFolders: readonly string[] = globSync("packages/*/package.json", { cwd: workspace })
  .map((manifest) => dirname(manifest))
  .sort();

export type PackedPackage = {
  readonly name: string;
  /** One of `packageFolders`. */
  readonly folder: string;
  /** Path of the tarball. */
  readonly tarball: string;
};

const execute = promisify(execFile);
/** Installing may fetch some MB on a slow line. Whatever takes longer hangs. */
const runMsMax = 300_000;

/** Runs a command to its end. Rejects with all it said if it fails. */
export async function run(command: string, args: readonly string[], folder: string): Promise<string> {
  try {
    const limits = { timeout: runMsMax, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await execute(command, args, { cwd: folder, ...limits });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${basename(command)} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** The pnpm that the workspace asks for, whatever the machine has. */
export function pnpm(args: readonly string[], folder: string): Promise<string> {
  const { packageManager } = JSON.parse(readFileSync(join(workspace, "package.json"), "utf8"));
  return run("npx", ["-y", packageManager, ...args], folder);
}

/** `folder` must exist and be empty. */
export async function packAll(folder: string): Promise<PackedPackage[]> {
  const tree = join(folder, "workspace");
  await copyWorkspace(tree);
  const compiler = join(workspace, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [compiler, "-b", "tsconfig.build.json"], tree);
  const tarballs = join(folder, "tarballs");
  await mkdir(tarballs);
  await pnpm(["--filter", "./packages/*", "--recursive", "pack", "--pack-destination", tarballs], tree);
  return packageFolders.map((path) => {
    const { name, version } = JSON.parse(readFileSync(join(tree, path, "package.json"), "utf8"));
    const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
    return { name, folder: path, tarball: join(tarballs, file) };
  });
}

const leftOut = new Set(["dist", ".bin", ".vite", ".vite-temp"]);

/** What the packages are made of. Dependencies are the workspace's own; links between packages stay within the copy. */
async function copyWorkspace(tree: string): Promise<void> {
  await mkdir(tree);
  const files = ["LICENSE", "package.json", "pnpm-workspace.yaml", "pnpm-lock.yaml", "tsconfig.*.json"];
  for (const path of [...globSync(files, { cwd: workspace }), "packages"]) {
    await cp(join(workspace, path), join(tree, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !leftOut.has(basename(source)),
    });
  }
  await symlink(join(workspace, "node_modules"), join(tree, "node_modules"));
}
