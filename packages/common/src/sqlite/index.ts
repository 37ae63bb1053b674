/**
 * SQLite files in threads of their own: what a journal and a result store have in common.
 *
 * A kind of file is a `FileKind` (its tables, step by step) and a `ServedFile` (what a change writes). Its thread's module calls
 * `serveStorage`; the main thread talks to that through a `StorageThread`. All that waits there becomes one transaction.
 */
export type { Reserve } from "./disk-reserve.ts";
export { type Durability, GroupCommit, type GroupCommitOptions } from "./group-commit.ts";
export { storageLimits } from "./limits.ts";
export {
  corruptError,
  type FileKind,
  findDamage,
  type OpenForWritingOptions,
  openForReading,
  openForWriting,
  orStorageError,
  readNumber,
  rollBack,
  subjectOf,
  syncedTransaction,
  type WritableFile,
} from "./open-database.ts";
export { type ServedFile, serveStorage } from "./serve-storage.ts";
export {
  isStorageError,
  isStorageFull,
  type StorageErrorCode,
  type StorageSubject,
  storageError,
} from "./storage-error.ts";
export { type StorageFault, StorageFaults } from "./storage-faults.ts";
export { StorageLock } from "./storage-lock.ts";
export type { Parcel, StorageTypes } from "./storage-messages.ts";
export { StorageThread, type StorageThreadOptions } from "./storage-thread.ts";
