/**
 * Writes what waits as one transaction, and looks after the file between transactions. Synchronous, so it runs in a thread.
 *
 * Checkpoints are made here, not by SQLite within a commit: there their errors are swallowed, and a sync that failed once
 * may succeed the next time without having written anything.
 */
import type { StatementSync } from "node:sqlite";
import { TqError } from "../contract/index.ts";
import { DiskReserve, type Reserve } from "./disk-reserve.ts";
import { storageLimits } from "./limits.ts";
import { rollBack, syncedTransaction, touch, type WritableFile } from "./open-database.ts";
import { isStorageFull, storageError } from "./storage-error.ts";
import type { StorageFaults } from "./storage-faults.ts";

/**
 * `always`: each commit is synced. `interval`: commits are written at once and synced together, by a timer.
 * `none`: they are synced when the file is checkpointed, and otherwise when the operating system likes.
 */
export type Durability = "always" | "interval" | "none";

export interface GroupCommitOptions<Change> {
  readonly file: WritableFile;
  /** Called inside a transaction. Gives about how many bytes it wrote. Errors of SQLite pass through. */
  readonly write: (change: Change) => number;
  /** Whether a change needs lasting room. On a full disk only those that do not are written. Default: all do. */
  readonly grows?: ((change: Change) => boolean) | undefined;
  readonly durability: Durability;
  /** Default: a file beside the database. */
  readonly reserve?: Reserve | undefined;
  readonly faults?: StorageFaults | undefined;
}

/** What a transaction costs besides what was told. */
const transactionBytes = 8 * 1024;
/** SQLite's default. */
const pageBytes = 4096;
/** Pages given back at a time: a few milliseconds. */
const vacuumPages = 256;
const { checkpointBytes, freeKeptBytes } = storageLimits;
export class GroupCommit<Change> {
  readonly #options: GroupCommitOptions<Change>;
  /** Written to the WAL since the last checkpoint. */
  #walBytes = 0;
  /** Commits that were not synced. */
  #hasUnsynced = false;
  readonly #reserve: Reserve;
  readonly #freeCount: StatementSync;
  readonly #pageCount: StatementSync;

  constructor(options: GroupCommitOptions<Change>) {
    this.#options = options;
    const { database, subject } = options.file;
    this.#reserve = options.reserve ?? new DiskReserve(subject.file);
    this.#freeCount = database.prepare("PRAGMA freelist_count");
    this.#pageCount = database.prepare("PRAGMA page_count");
  }

  /** Something is written that a power loss would take. */
  get hasUnsynced(): boolean {
    return this.#hasUnsynced;
  }

  /**
   * All of them or none. False: the disk is full. Then nothing is written that grows; what does not may be written, and is
   * to be handed over again in any case.
   *
   * Errors: a storage error, after which nothing must be written any more.
   */
  commit(changes: Iterable<Change>): boolean {
    const all = [...changes];
    const { file, durability } = this.#options;
    try {
      if (!this.#reserve.isThere && !this.#recover(all)) return false;
      this.#transaction(all);
      this.#hasUnsynced ||= durability === "interval";
      return true;
    } catch (error) {
      rollBack(file.database);
      if (!isStorageFull(error)) throw storageError(error, file.subject);
      this.#reserve.giveUp();
      this.#checkpoint();
      return false;
    }
  }

  /** Makes the file smaller, if it can be, and takes back the reserve, if there is room. Gives whether there is. */
  #recover(changes: readonly Change[]): boolean {
    const { grows = () => true, file } = this.#options;
    const small = changes.filter((change) => !grows(change));
    // The room that the WAL keeps for itself may be all that there is.
    this.#checkpoint("TRUNCATE");
    try {
      if (small.length > 0) this.#transaction(small);
    } catch (error) {
      rollBack(file.database);
      if (!isStorageFull(error)) throw error;
    }
    this.#vacuum(vacuumPages);
    this.#checkpoint("TRUNCATE");
    return this.#reserve.take();
  }

  /**
   * One synced commit, for all before it. False: the disk is full.
   *
   * Errors: as `commit`.
   */
  sync(): boolean {
    const { file, faults } = this.#options;
    try {
      syncedTransaction(file, () => faults?.beforeCommit());
      this.#hasUnsynced = false;
      return true;
    } catch (error) {
      if (!isStorageFull(error)) throw storageError(error, file.subject);
      return false;
    }
  }

  /** After each commit. Brings the WAL into the file when it has grown, and gives space back while there is much. */
  tidy(): void {
    if (this.#walBytes >= Math.min(checkpointBytes, this.#reserve.bytes)) this.#checkpoint();
    if (this.#freePages() > this.#livePages() + freeKeptBytes / pageBytes) this.#vacuum(vacuumPages);
  }

  /** While there is nothing to commit. True: there is more to do. */
  tidyIdle(): boolean {
    if (this.#freePages() > 0 && this.#vacuum(vacuumPages)) return true;
    if (this.#walBytes > 0) this.#checkpoint();
    return false;
  }

  #transaction(changes: Iterable<Change>): void {
    const { file, write, faults } = this.#options;
    const { database } = file;
    database.exec("BEGIN IMMEDIATE");
    let bytes = 0;
    for (const change of changes) bytes += write(change);
    if (bytes === 0) touch(database);
    this.#demandRoom(bytes);
    faults?.beforeCommit();
    database.exec("COMMIT");
    this.#walBytes += bytes + transactionBytes;
  }

  /**
   * What is in the WAL must fit into the file once the reserve is given up: else a full disk stays full, however much is removed.
   * So what is larger than the reserve needs room for both.
   */
  #demandRoom(bytes: number): void {
    const { isThere, bytes: reserved } = this.#reserve;
    const walBytes = this.#walBytes + bytes;
    if (!isThere || walBytes <= reserved || bytes + walBytes <= this.#reserve.freeBytes + reserved) return;
    const { noun, file } = this.#options.file.subject;
    throw new TqError("TQ_ERR_STORAGE_FULL", `hardly any room left for the ${noun} ${file}`);
  }

  #checkpoint(mode: "PASSIVE" | "TRUNCATE" = "PASSIVE"): void {
    const { database, subject } = this.#options.file;
    try {
      database.exec(`PRAGMA wal_checkpoint(${mode})`);
      this.#walBytes = 0;
    } catch (error) {
      if (!isStorageFull(error)) throw storageError(error, subject);
      if (!this.#reserve.isThere) return;
      this.#reserve.giveUp();
      this.#checkpoint(mode);
    }
  }

  #freePages(): number {
    return Number(this.#freeCount.get()?.freelist_count ?? 0);
  }

  #livePages(): number {
    return Number(this.#pageCount.get()?.page_count ?? 0) - this.#freePages();
  }

  /** False: there was no room to do it. */
  #vacuum(pages: number): boolean {
    const { database, subject } = this.#options.file;
    try {
      database.exec(`PRAGMA incremental_vacuum(${pages})`);
      this.#walBytes += pages * pageBytes;
      return true;
    } catch (error) {
      rollBack(database);
      if (!isStorageFull(error)) throw storageError(error, subject);
      return false;
    }
  }
}
