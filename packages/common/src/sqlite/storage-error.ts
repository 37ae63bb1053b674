/**
 * What SQLite's errors mean to tq: one of five codes, and what to do about each is in the message.
 *
 * Only "full" passes by itself. All else that fails while writing is final: after a failed sync nobody can know what the
 * disk holds, and asking again may be answered with a success that is none.
 */
import { isTqError, TqError, type TqErrorCode } from "../contract/index.ts";

export type StorageErrorCode = Extract<TqErrorCode, `TQ_ERR_STORAGE_${string}`>;

/** SQLite's primary result codes, as far as they are told apart here. */
const primary = { busy: 5, locked: 6, readonly: 8, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 };
/** Growing the shared index beside the WAL fails with this when the disk is full; SQLite has no "full" for that file. */
const shmSize = 4874;

/** A SQLite error as Node throws it. */
interface SqliteError extends Error {
  readonly errcode: number;
  readonly errstr?: string;
}

/** What a storage error is about. */
export interface StorageSubject {
  /** What people call such a file: `journal`. */
  readonly noun: string;
  readonly file: string;
  /** What to do if it is damaged, as a sentence. */
  readonly remedy?: string | undefined;
}

/** An error of the file, in tq's terms. An error that has a storage code already is given back as it is. */
export function storageError(error: unknown, subject: StorageSubject): TqError<StorageErrorCode> {
  if (isStorageError(error)) return error;
  const code = codeOf(error);
  const { noun, file } = subject;
  // Whose lock it is, SQLite does not know.
  const reason = code === "TQ_ERR_STORAGE_LOCKED" ? "" : `: ${reasonOf(error)}`;
  const remedy = code === "TQ_ERR_STORAGE_CORRUPT" ? remedyWords(subject.remedy) : "";
  return new TqError(code, `${messages[code](noun, file)}${reason}${remedy}`, {
    details: { file, ...(isSqliteError(error) && { sqlite: error.errcode }) },
    cause: error,
  });
}

export const remedyWords = (remedy: string | undefined): string =>
  remedy === undefined ? "" : `. ${remedy}`;

export function isStorageError(error: unknown): error is TqError<StorageErrorCode> {
  return isTqError(error) && error.code.startsWith("TQ_ERR_STORAGE_");
}

export const isStorageFull = (error: unknown): boolean => codeOf(error) === "TQ_ERR_STORAGE_FULL";

const messages: { readonly [code in StorageErrorCode]: (noun: string, file: string) => string } = {
  TQ_ERR_STORAGE_FULL: (noun, file) => `no room left for the ${noun} ${file}`,
  TQ_ERR_STORAGE_FAILED: (noun, file) => `the ${noun} ${file} cannot be read or written`,
  TQ_ERR_STORAGE_CORRUPT: (noun, file) => `the ${noun} ${file} is damaged`,
  TQ_ERR_STORAGE_LOCKED: (noun, file) => `the ${noun} ${file} is in use by another process`,
  TQ_ERR_STORAGE_VERSION: (noun, file) => `the ${noun} ${file} has a format that is unknown here`,
};

function codeOf(error: unknown): StorageErrorCode {
  if (isStorageError(error)) return error.code;
  if (!isSqliteError(error)) return "TQ_ERR_STORAGE_FAILED";
  if (error.errcode === shmSize) return "TQ_ERR_STORAGE_FULL";
  switch (error.errcode & 0xff) {
    case primary.full:
      return "TQ_ERR_STORAGE_FULL";
    case primary.corrupt:
    case primary.notADatabase:
      return "TQ_ERR_STORAGE_CORRUPT";
    case primary.busy:
    case primary.locked:
      return "TQ_ERR_STORAGE_LOCKED";
    default:
      return "TQ_ERR_STORAGE_FAILED";
  }
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && typeof (error as Partial<SqliteError>).errcode === "number";
}

function reasonOf(error: unknown): string {
  if (!isSqliteError(error)) return error instanceof Error ? error.message : String(error);
  return `${error.message} (SQLite ${error.errcode})`;
}
