/**
 * A file that has every result of a store once, whatever kills the sink: its length is saved together with the place in the
 * store, so that a start cuts off what is behind it, torn or not, and writes it again.
 *
 * The lines are on disk before their place is saved. The file is the sink's own: what others append to it is cut off, too,
 * but never a line of the sink's instead: what is saved is the length that the file has, not the sum of what was written.
 * A file that was moved or removed is begun anew where it was, because lines in a file without a name are lost.
 * A full disk is waited for, as the store does it: results are safe there.
 */
import type { FileHandle } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isTqError } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import type { ResultCursor } from "@tq/sink";
import { hasErrno } from "../output/line-output.ts";
import { formatResultLine } from "../output/result-line.ts";
import { endsLineAt, isAt, openOwnFile, orFileError, syncWithFolder } from "./own-file.ts";
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

/** What each step needs. */
interface Writing extends StoredFileOptions {
  readonly path: string;
}

/**
 * Resolves when the sink has closed.
 *
 * Errors: `TQ_ERR_INVALID_OPTION` where it cannot be opened or is no regular file, `TQ_ERR_FILE` where it cannot be written
 * for another reason than a full disk.
 */
export async function writeStoredFile(path: string, options: StoredFileOptions): Promise<void> {
  const { cursor, log } = options;
  const writing: Writing = { path, ...options };
  let file = await openOwnFile(path);
  try {
    let length = await findEnd(file, writing);
    for (let results = await cursor.next(); results !== undefined; results = await cursor.next()) {
      if (!(await isAt(path, file))) {
        log.warn({ file: path }, `${path} was moved or removed: it is begun anew`);
        await file.close();
        file = await openOwnFile(path);
        length = await goOnBehind(file, writing);
      }
      let lines = "";
      for (const result of results) lines += formatResultLine(result);
      const bytes = Buffer.from(lines);
      if (!(await appendWhenRoom(file, { ...writing, bytes }))) return;
      await orFileError(path, () => file.datasync());
      const { size } = await file.stat();
      const others = size - length - bytes.length;
      if (others !== 0)
        log.warn({ file: path, bytes: others }, `${path}: somebody else writes to it, too, or cuts it`);
      length = size;
      cursor.move(length);
    }
  } catch (error) {
    // A sink that closes while its disk is full has saved nothing, and nothing was written.
    if (!isTqError(error, "TQ_ERR_CLOSED")) throw error;
  } finally {
    await file.close();
  }
}

/** False: the sink has closed meanwhile. */
async function appendWhenRoom(
  file: FileHandle,
  options: Writing & { readonly bytes: Buffer },
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
async function findEnd(file: FileHandle, writing: Writing): Promise<number> {
  const { path, cursor, log } = writing;
  const { note } = cursor;
  if (note === undefined) return await goOnBehind(file, writing);
  const { size } = await file.stat();
  if (size === note) return note;
  if (size < note) {
    const message = `${path} is shorter than it was left, by ${note - size} bytes: going on behind what is there`;
    log.warn({ file: path, bytes: note - size }, message);
    return await goOnBehind(file, writing);
  }
  if (!(await endsLineAt(file, note))) {
    log.warn({ file: path }, `${path} is not as it was left: going on behind what is there`);
    return await goOnBehind(file, writing);
  }
  log.warn({ file: path, bytes: size - note }, `${path}: cut off what was not known to be complete`);
  await orFileError(path, () => file.truncate(note));
  return note;
}

/** Leaves to the file what it has, and gives its length. */
async function goOnBehind(file: FileHandle, { path, cursor }: Writing): Promise<number> {
  // Whoever writes a line behind a torn one would spoil it.
  if (await endsTorn(file)) await append(file, path, Buffer.from("\n"));
  await orFileError(path, () => syncWithFolder(file, path));
  const { size } = await file.stat();
  cursor.save(size);
  await cursor.saved();
  return size;
}
