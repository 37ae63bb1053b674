/**
 * Finds the files to count: regular files with one of the endings, in folders and the folders in them, hidden ones too.
 * Links are not followed, so each file is found once. Names are bytes, because a name need not be Unicode.
 */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { TqError } from "@tq/common";
import { showPath } from "./show-path.ts";

export interface Found {
  /** Absolute, sorted by their bytes. */
  readonly files: readonly Buffer[];
  /** Folders that could not be listed, each with the reason. */
  readonly unlisted: readonly string[];
}

/**
 * `endings` without the dot, told apart by case. The folders may overlap.
 *
 * Errors: `TQ_ERR_INVALID_OPTION` for one that is missing, is no folder, or holds no such file.
 */
export async function findFiles(folders: readonly string[], endings: readonly string[]): Promise<Found> {
  const suffixes = endings.map((ending) => Buffer.from(`.${ending}`));
  /** One character per byte: two names with bytes that are no Unicode stay two. */
  const found = new Set<string>();
  const unlisted = new Set<string>();
  for (const folder of folders) {
    let count = 0;
    for await (const path of walk(await resolveFolder(folder), unlisted)) {
      if (!suffixes.some((suffix) => endsWith(path, suffix))) continue;
      count += 1;
      found.add(path.toString("latin1"));
    }
    if (count === 0) throw refuse(folder, `holds no file that ends in ${suffixes.join(" or ")}`);
  }
  const files = [...found].sort().map((path) => Buffer.from(path, "latin1"));
  return { files, unlisted: [...unlisted] };
}

/** A folder given by name may be a link: whoever gives it means what it points to. */
async function resolveFolder(folder: string): Promise<Buffer> {
  const path = await realpath(folder, { encoding: "buffer" }).catch((error: unknown) => {
    throw refuse(folder, "does not exist", error);
  });
  if (!(await stat(path)).isDirectory()) throw refuse(folder, "is not a folder");
  return path;
}

async function* walk(top: Buffer, unlisted: Set<string>): AsyncGenerator<Buffer, void, undefined> {
  const waiting = [top];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await list(folder, unlisted)) {
      const path = Buffer.concat([folder, Buffer.from("/"), entry.name]);
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile()) yield path;
    }
  }
}

async function list(folder: Buffer, unlisted: Set<string>): Promise<readonly Dirent<Buffer>[]> {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: "buffer" });
  } catch (error) {
    unlisted.add(`${showPath(folder)}: ${error instanceof Error ? error.message : error}`);
    return [];
  }
}

const endsWith = (path: Buffer, suffix: Buffer): boolean =>
  path.length >= suffix.length && path.subarray(-suffix.length).equals(suffix);

function refuse(folder: string, problem: string, cause?: unknown): TqError {
  return new TqError("TQ_ERR_INVALID_OPTION", `--dir ${folder} ${problem}`, {
    details: { folder },
    ...(cause !== undefined && { cause }),
  });
}
