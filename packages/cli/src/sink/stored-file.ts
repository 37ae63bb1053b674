/**
 * A file that has every result of a store once, whatever kills the sink: its length is saved together with the place in the
 * store, so that a start cuts off what is behind it, torn or not, and writes it again.
 *
 * The lines are on disk before their place is saved. The file is the sink's own: what others append to it is cut off, too.
 * A full disk is waited for, as the store does it: results are safe there.
 */
import { type FileHandle, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { TqError } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import type { ResultCursor } from "@tq/sink";
import { hasErrno } from "../output/line-output.ts";
import { formatResultLine } from "../output/result-line.ts";
import { append, endsTorn } from "./result-file.ts";

/** By which the store knows a file. */
export const consumerOfFile = (path: string): string => `file:${resolve(path)}`;

export interface StoredFileOptions {
  readonly cursor: ResultCursor;
  readonly log: TqLogger;
  /** Settles when the sink has closed. */
  readonly closed: Promise<void>;
  /** For tests: how bytes are appended, and how long a full disk is left alone. */
  readonly append?: typeof append;
  readonly fullRetryMs?: number;
}

/**
 * Resolves when the sink has closed.
 *
 * Errors: `TQ_ERR_INVALID_OPTION` where it cannot be opened or is no regular file, `TQ_ERR_FILE` where it cannot be written
 * for another reason than a full disk.
 */
export async function writeStoredFile(path: string, options: StoredFileOptions): Promise<void> {
  const { cursor } = options;
  const file = await open(path, "a+").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TqError("TQ_ERR_INVALID_OPTION", `--out ${path}: ${reason}`, { cause: error });
  });
  try {
    let length = await findEnd(file, { path, ...options });
    for (let results = await cursor.next(); results !== undefined; results = await cursor.next()) {
      let lines = "";
      for (const result of results) lines += formatResultLine(result);
      const bytes = Buffer.from(lines);
      if (!(await appendWhenRoom(file, { path, bytes, ...options }))) return;
      await orFileError(path, () => file.datasync());
      length += bytes.length;
      cursor.move(length);
    }
  } finally {
    await file.close();
  }
}

/** False: the sink has closed meanwhile. */
async function appendWhenRoom(
  file: FileHandle,
  options: StoredFileOptions & { readonly path: string; readonly bytes: Buffer },
): Promise<boolean> {
  const { path, bytes, log, closed, append: write = append, fullRetryMs = 1_000 } = options;
  const isOver = closed.then(
    () => true,
    () => true,
  );
  for (let isFull = false; ; isFull = true) {
    try {
      await write(file, path, bytes);
      if (isFull) log.info({ file: path }, `${path}: there is room again`);
      return true;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (!fullErrnos.some((errno) => hasErrno(cause, errno))) throw error;
      if (!isFull) {
        const message = `no room for ${path}: its lines wait in the store, and are tried again every second`;
        log.error({ file: path }, message);
      }
      if (await Promise.race([isOver, pause(fullRetryMs, false, { ref: false })])) return false;
    }
  }
}

const fullErrnos = ["ENOSPC", "EDQUOT"];

/** Brings the file to what was saved, and gives its length. */
async function findEnd(
  file: FileHandle,
  { path, cursor, log }: Pick<StoredFileOptions, "cursor" | "log"> & { readonly path: string },
): Promise<number> {
  const found = await file.stat();
  if (!found.isFile()) {
    throw new TqError("TQ_ERR_INVALID_OPTION", `--out ${path}: with --store it is a regular file`);
  }
  const { note } = cursor;
  if (note !== undefined && found.size >= note) {
    if (found.size === note) return note;
    log.warn({ file: path, bytes: found.size - note }, `${path}: cut off what was not known to be complete`);
    await orFileError(path, () => file.truncate(note));
    return note;
  }
  if (note !== undefined) {
    const message = `${path} is shorter than it was left, by ${note - found.size} bytes: going on behind what is there`;
    log.warn({ file: path, bytes: note - found.size }, message);
  }
  // Whoever writes a line behind a torn one would spoil it.
  if (await endsTorn(file)) await append(file, path, Buffer.from("\n"));
  await orFileError(path, () => syncWithFolder(file, path));
  const { size } = await file.stat();
  cursor.save(size);
  await cursor.saved();
  return size;
}

/** A new file is only there after a power loss if its folder was synced. */
async function syncWithFolder(file: FileHandle, path: string): Promise<void> {
  await file.sync();
  if (process.platform === "win32") return;
  await using folder = await open(dirname(resolve(path)), "r");
  await folder.sync();
}

async function orFileError(path: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TqError("TQ_ERR_FILE", `writing to ${path} failed: ${reason}`, { cause: error });
  }
}
