/** What a storage file may take of disk and time. */
export const storageLimits = {
  /** SQLite's own default, a thousand pages. Raised: longer checkpoints, and more that is read again after a crash. */
  checkpointBytes: 4 * 1024 * 1024,
  /** As much as the WAL grows between two checkpoints. Raised: less room for all else; lowered: a checkpoint may not fit. */
  reserveBytes: 4 * 1024 * 1024,
  /** What the WAL keeps for reuse: files that grow make for slow syncs. */
  walKeptBytes: 16 * 1024 * 1024,
  /** Free space in a file that is kept, to be written to again, while it is busy. As much again as what is used counts as well. */
  freeKeptBytes: 4 * 1024 * 1024,
  /** Between syncs where not each commit is synced. Raised: a power loss takes more. */
  syncIntervalMs: 1_000,
} as const;
