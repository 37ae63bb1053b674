/**
 * Opens a file of tq's: makes it, brings an older one up to date, refuses what it must not touch, and looks through it
 * where nobody can know how it was left.
 *
 * WAL, so that readers are welcome while it is written. Space is given back (auto_vacuum = INCREMENTAL), which SQLite only
 * allows to choose before the first table. What it finds broken is said with file and place; nothing is repaired.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { TqError } from "../contract/index.ts";
import { hasReserve, removeReserve } from "./disk-reserve.ts";
import { storageLimits } from "./limits.ts";
import { loadSqlite } from "./load-sqlite.ts";
import { isStorageFull, remedyWords, type StorageSubject, storageError } from "./storage-error.ts";
import { StorageLock } from "./storage-lock.ts";

/** One kind of file. */
export interface FileKind {
  /** What people call it: `journal`. */
  readonly noun: string;
  /** What to do about a damaged one, as a sentence. Default: nothing is said. */
  readonly remedy?: string | undefined;
  /** SQLite's `application_id`, a positive 31-bit number: no other kind of file has it. */
  readonly applicationId: number;
  /**
   * The first makes the tables in an empty file, each further one brings a file of the format before it up to date. Never
   * change one that was published: add one. The format's number is how many have run.
   */
  readonly steps: readonly ((database: DatabaseSync) => void)[];
}

export interface OpenForWritingOptions {
  readonly file: string;
  readonly kind: FileKind;
  /** Whether each commit is synced. In either case checkpoints are, so that a power loss never damages the file. */
  readonly syncsCommits: boolean;
  /**
   * When to look through the whole file before use: `always`, or only if it was not closed in order. Takes about as long as
   * reading it. Where that is too long for a start: which tables only, if it was not closed in order.
   */
  readonly check: "always" | "after-unclean-end" | { readonly tables: readonly string[] };
}

/** A file that is open for writing, and nobody else's. */
export interface WritableFile {
  readonly database: DatabaseSync;
  readonly subject: StorageSubject;
  readonly syncsCommits: boolean;
  /** Whether it was made just now. */
  readonly isNew: boolean;
  /** Whether whoever had it before closed it in order. */
  readonly wasClosed: boolean;
  /** In order: everything is synced, and the next to open it knows. Throws if a sync fails. Harmless twice. */
  close(): void;
  /** Lets go of it as it is: after a failure. Never throws. Harmless twice. */
  abandon(): void;
}

/** How long a statement waits for a reader that blocks it. */
const busyMs = 5_000;
/** Lines of a damage report. */
const findingsMax = 10;

/**
 * Opens or makes a file, with its folder if need be.
 *
 * Errors: `TQ_ERR_STORAGE_LOCKED`, `TQ_ERR_STORAGE_VERSION` (a newer format), `TQ_ERR_STORAGE_CORRUPT` (what and where is in the
 * message; also for a file of another kind), `TQ_ERR_STORAGE_FULL`, `TQ_ERR_STORAGE_FAILED`.
 */
export function openForWriting(options: OpenForWritingOptions): WritableFile {
  const { kind } = options;
  const named = resolve(options.file);
  return orStorageError(subjectOf(kind, named), () => {
    makeFolder(dirname(named));
    const file = realPath(named);
    const subject = subjectOf(kind, file);
    const lock = new StorageLock(subject);
    try {
      try {
        return openLocked(options, { subject, lock });
      } catch (error) {
        // What is settled from now on makes room again, but only in a process that has started.
        if (!isStorageFull(error) || !removeReserve(file)) throw error;
        return openLocked(options, { subject, lock });
      }
    } catch (error) {
      lock.release();
      throw error;
    }
  });
}

function openLocked(
  { kind, syncsCommits, check }: OpenForWritingOptions,
  { subject, lock }: { subject: StorageSubject; lock: StorageLock },
): WritableFile {
  const { DatabaseSync: Database } = loadSqlite();
  // Whoever begins a file and is killed leaves it empty, too, but has not come to the reserve by then.
  const wasInUse = existsSync(subject.file) && hasReserve(subject.file);
  const database = new Database(subject.file, { timeout: busyMs });
  try {
    const format = readFormat(database, { kind, subject });
    const isNew = format === 0;
    if (isNew && wasInUse) throw corruptError(subject, ["it is empty, and has been in use"]);
    if (isNew) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${storageLimits.walKeptBytes};
      PRAGMA cell_size_check = ON;
      PRAGMA trusted_schema = OFF;
    `);
    const wasClosed = isNew || readClosed(database);
    if (!isNew && (check === "always" || !wasClosed)) {
      const tables = typeof check === "string" ? [undefined] : check.tables;
      for (const table of tables) lookThrough(database, { subject, table });
    }
    migrate(database, { kind, format });
    setClosed(database, false);
    database.exec(synchronous(syncsCommits));
    return writable(database, { subject, lock, syncsCommits, isNew, wasClosed });
  } catch (error) {
    database.close();
    throw error;
  }
}

function writable(
  database: DatabaseSync,
  opened: Pick<WritableFile, "subject" | "syncsCommits" | "isNew" | "wasClosed"> & { lock: StorageLock },
): WritableFile {
  const { lock, ...facts } = opened;
  const { subject } = facts;
  const end = (): void => {
    if (database.isOpen) database.close();
    lock.release();
  };
  return {
    database,
    ...facts,
    close: () => {
      if (!database.isOpen) return;
      try {
        orStorageError(subject, () => {
          database.exec("PRAGMA synchronous = FULL");
          setClosed(database, true);
          database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        });
      } catch (error) {
        // All that was promised is synced already: the next to open it looks through it, that is all.
        if (!isStorageFull(error)) throw error;
      } finally {
        end();
      }
    },
    abandon: () => {
      try {
        end();
      } catch {
        // It was broken before.
      }
    },
  };
}

/**
 * Opens a file to read it, also while another process writes it. It is not looked through.
 *
 * Errors: `TQ_ERR_STORAGE_FAILED` (also if there is none), `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_CORRUPT`.
 */
export function openForReading(path: string, kind: FileKind): DatabaseSync {
  const { DatabaseSync: Database } = loadSqlite();
  const file = resolve(path);
  const subject = subjectOf(kind, file);
  if (!existsSync(file)) {
    throw new TqError("TQ_ERR_STORAGE_FAILED", `there is no ${kind.noun} ${file}`, { details: { file } });
  }
  return orStorageError(subject, () => {
    const database = new Database(file, { readOnly: true, timeout: busyMs });
    try {
      const format = readFormat(database, { kind, subject });
      if (format === 0) throw corruptError(subject, ["it is empty"]);
      if (format < kind.steps.length) {
        const reason = `it has format ${format}, and only who writes to it brings it up to ${kind.steps.length}`;
        throw versionError(subject, reason);
      }
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** What SQLite finds wrong with a file, or with one of its tables, in its words, the first few. */
export function findDamage(database: DatabaseSync, table?: string): readonly string[] {
  const lines: string[] = [];
  try {
    for (const row of database.prepare(`PRAGMA quick_check(${table ?? findingsMax})`).iterate()) {
      lines.push(...String(Object.values(row)[0]).split("\n"));
    }
  } catch (error) {
    // Where the damage is too much to go on, what was found before it says more than the error.
    if (lines.length === 0) throw error;
  }
  return lines
    .filter((line) => line !== "ok" && !line.startsWith("***"))
    .map((line) => named(database, line));
}

/** SQLite calls a table by the number of its first page. */
function named(database: DatabaseSync, finding: string): string {
  return finding.replace(/^Tree (\d+)/, (tree, page: string) => {
    const row = database.prepare("SELECT name FROM sqlite_schema WHERE rootpage = ?").get(Number(page));
    return row === undefined ? tree : String(row.name);
  });
}

/** Runs it; what it throws comes out as a storage error. */
export function orStorageError<T>(subject: StorageSubject, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw storageError(error, subject);
  }
}

/** What errors of a file are about. */
export const subjectOf = ({ noun, remedy }: FileKind, file: string): StorageSubject => ({
  noun,
  remedy,
  file,
});

export function corruptError(subject: StorageSubject, findings: readonly string[]): TqError {
  const { noun, file, remedy } = subject;
  const message = `the ${noun} ${file} is damaged: ${findings.join("; ")}${remedyWords(remedy)}`;
  return new TqError("TQ_ERR_STORAGE_CORRUPT", message, { details: { file, findings } });
}

function versionError(subject: StorageSubject, reason: string): TqError {
  const { noun, file } = subject;
  return new TqError("TQ_ERR_STORAGE_VERSION", `${file} cannot be used as a ${noun} here: ${reason}`, {
    details: { file },
  });
}

/** Number of the format; 0 for a file that is empty. */
function readFormat(
  database: DatabaseSync,
  { kind, subject }: { kind: FileKind; subject: StorageSubject },
): number {
  const applicationId = readNumber(database, "PRAGMA application_id");
  const format = readNumber(database, "PRAGMA user_version");
  if (applicationId !== kind.applicationId) {
    if (applicationId === 0 && readNumber(database, "SELECT count(*) FROM sqlite_schema") === 0) return 0;
    throw corruptError(subject, [`it is something else (application id ${applicationId})`]);
  }
  if (format > kind.steps.length) {
    const reason = `it has format ${format}, and this version of tq knows up to ${kind.steps.length}; use a newer one`;
    throw versionError(subject, reason);
  }
  return format;
}

/** All steps that are missing, or none. */
function migrate(database: DatabaseSync, { kind, format }: { kind: FileKind; format: number }): void {
  const missing = kind.steps.slice(format);
  if (missing.length === 0) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    if (format === 0) {
      database.exec(`
        CREATE TABLE file (id INTEGER PRIMARY KEY CHECK (id = 1), closed INTEGER NOT NULL, syncs INTEGER NOT NULL) STRICT;
        INSERT INTO file VALUES (1, 1, 0);
        PRAGMA application_id = ${kind.applicationId};
      `);
    }
    for (const step of missing) step(database);
    database.exec(`PRAGMA user_version = ${kind.steps.length}; COMMIT`);
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

const synchronous = (syncsCommits: boolean): string =>
  `PRAGMA synchronous = ${syncsCommits ? "FULL" : "NORMAL"}`;

/** A transaction that is synced in any case, with all that was committed before it. SQLite's errors pass through. */
export function syncedTransaction({ database, syncsCommits }: WritableFile, run: () => void): void {
  database.exec("PRAGMA synchronous = FULL");
  try {
    database.exec("BEGIN IMMEDIATE");
    touch(database);
    run();
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    throw error;
  } finally {
    database.exec(synchronous(syncsCommits));
  }
}

/** SQLite may have done so by itself. */
export function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // There is no transaction left.
  }
}

const readClosed = (database: DatabaseSync): boolean =>
  readNumber(database, "SELECT closed FROM file WHERE id = 1") === 1;

function setClosed(database: DatabaseSync, closed: boolean): void {
  database.exec(`UPDATE file SET closed = ${closed ? 1 : 0} WHERE id = 1`);
}

/** A change for a transaction that is there to be synced: one that changes nothing is not written. */
export function touch(database: DatabaseSync): void {
  database.exec("UPDATE file SET syncs = syncs + 1 WHERE id = 1");
}

function lookThrough(
  database: DatabaseSync,
  { subject, table }: { subject: StorageSubject; table: string | undefined },
): void {
  const findings = findDamage(database, table);
  if (findings.length > 0) throw corruptError(subject, findings);
}

/** The first column of the first row. */
export function readNumber(database: DatabaseSync, sql: string): number {
  const row = database.prepare(sql).get();
  return row === undefined ? Number.NaN : Number(Object.values(row)[0]);
}

/** One lock per file, by whatever name it is opened; SQLite, too, goes by this name. */
function realPath(file: string): string {
  return existsSync(file) ? realpathSync(file) : join(realpathSync(dirname(file)), basename(file));
}

/** A new folder is only there after a power loss if the one above it was synced. */
function makeFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true });
  if (made === undefined || process.platform === "win32") return;
  for (let above = dirname(folder); ; above = dirname(above)) {
    const handle = openSync(above, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (above.length < made.length) return;
  }
}
