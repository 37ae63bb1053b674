/**
 * Keeps a second writer out, and no reader: an exclusive transaction in an empty SQLite file beside the real one. The
 * kernel ends it with the process, however that ends, so a lock is never left behind.
 *
 * Not on the database itself, because an exclusive lock there shuts out readers, too; not a file with a process id in it,
 * because ids are used again, and mean nothing in another container.
 */
import type { DatabaseSync } from "node:sqlite";
import { loadSqlite } from "./load-sqlite.ts";
import { type StorageSubject, storageError } from "./storage-error.ts";

export class StorageLock {
  readonly #database: DatabaseSync;

  /** Errors: `TQ_ERR_STORAGE_LOCKED` if another process, or another part of this one, has it; `TQ_ERR_STORAGE_FAILED`. */
  constructor(subject: StorageSubject) {
    const { DatabaseSync: Database } = loadSqlite();
    const file = `${subject.file}.lock`;
    let database: DatabaseSync | undefined;
    try {
      database = new Database(file, { timeout: 0 });
      database.exec("BEGIN EXCLUSIVE");
      this.#database = database;
    } catch (error) {
      database?.close();
      throw storageError(error, subject);
    }
  }

  /** Harmless twice. */
  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
