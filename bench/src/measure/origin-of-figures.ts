/** What a reader must know to judge a figure, or to measure it again: code, machine and versions. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, type } from "node:os";

export interface OriginOfFigures {
  readonly measuredAt: string;
  readonly commit: string;
  /** Files of the bench or of what it measures that were not as committed. */
  readonly changedFiles: readonly string[];
  readonly node: string;
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  readonly libraries: Record<string, string>;
}

/** `paths` are those whose changes matter, from the root of the repository. */
export function originOfFigures(paths: readonly string[], libraries: readonly string[]): OriginOfFigures {
  const root = git(["rev-parse", "--show-toplevel"], import.meta.dirname);
  const changes = git(["status", "--porcelain", "--", ...paths], root);
  return {
    measuredAt: new Date().toISOString(),
    commit: git(["rev-parse", "HEAD"], root),
    changedFiles: changes.split("\n").filter((line) => line !== ""),
    node: process.version,
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    system: `${type()} ${release()}`,
    libraries: Object.fromEntries(libraries.map((name) => [name, versionOf(name)])),
  };
}

function git(args: readonly string[], folder: string): string {
  return execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trimEnd();
}

function versionOf(library: string): string {
  const manifest = new URL(`../../node_modules/${library}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
