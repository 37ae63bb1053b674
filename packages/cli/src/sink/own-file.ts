/** What a file that only the sink writes to is asked and told, besides its lines. */
import { realpathSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { TqError } from "@tq/common";
import { endsTorn, messageOf } from "./result-file.ts";

/** Errors: `TQ_ERR_INVALID_OPTION` where it cannot be opened or is no regular file: that has no length to go by. */
export async function openOwnFile(path: string): Promise<FileHandle> {
  const file = await open(path, "a+").catch((error: unknown) => {
    throw new TqError("TQ_ERR_INVALID_OPTION", `--out ${path}: ${messageOf(error)}`, { cause: error });
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new TqError("TQ_ERR_INVALID_OPTION", `--out ${path}: with --store it is a regular file`);
}

/** Whether the path leads to this file: it does not when that was moved or removed. */
export async function isAt(path: string, file: FileHandle): Promise<boolean> {
  const [here, opened] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  return here !== undefined && here.ino === opened.ino && here.dev === opened.dev;
}

/** Whether a line ends there, or the file begins. */
export async function endsLineAt(file: FileHandle, length: number): Promise<boolean> {
  return !(await endsTorn(file, length));
}

/** A new file is only there after a power loss if its folder was synced. */
export async function syncWithFolder(file: FileHandle, path: string): Promise<void> {
  await file.sync();
  if (process.platform === "win32") return;
  await using folder = await open(dirname(resolve(path)), "r");
  await folder.sync();
}

/** What it rejects with comes out as `TQ_ERR_FILE`. */
export async function orFileError(path: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    throw new TqError("TQ_ERR_FILE", `writing to ${path} failed: ${messageOf(error)}`, { cause: error });
  }
}

/** What a store has beside its file. */
const besideStore = ["", "-wal", "-shm", ".lock", ".reserve"];

/** Lines in the middle of a database are its end. Throws `TQ_ERR_INVALID_OPTION`. */
export function refuseFileOfStore(path: string, store: string): void {
  const file = realPath(path);
  const database = realPath(store);
  if (!besideStore.some((ending) => file === database + ending)) return;
  throw new TqError("TQ_ERR_INVALID_OPTION", `--out ${path} is a file of --store ${store}: give it another`);
}

/** Where it leads; of a file that is not there yet, where it will be. */
function realPath(path: string): string {
  const file = resolve(path);
  try {
    return realpathSync(file);
  } catch {
    const folder = dirname(file);
    return folder === file ? file : join(realPath(folder), basename(file));
  }
}
