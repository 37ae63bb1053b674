/**
 * The tables of a journal, format by format.
 *
 * A row per batch, because a commit then serves hundreds of tasks; what becomes of a batch is a second, small row, so that the
 * large one is written once. Failures with their errors can be long: they are in rows of a few neighbouring tasks each, and only
 * those are written again that have changed. Instants are milliseconds of the wall clock. `crc` is over all other columns: SQLite notices a
 * page that makes no sense, and not a payload in which a bit has turned.
 */
import type { FileKind } from "@tq/common/sqlite";

export const journalKind: FileKind = {
  noun: "journal",
  remedy: "What can be read of it is saved by: tq journal salvage DIR --to NEW_DIR",
  applicationId: 0x74_71_4a_01,
  steps: [
    (database) =>
      database.exec(`
        CREATE TABLE starts (
          epoch INTEGER PRIMARY KEY,
          pid INTEGER NOT NULL,
          host TEXT NOT NULL
        ) STRICT;
        CREATE TABLE batches (
          number INTEGER PRIMARY KEY,
          accepted_at INTEGER NOT NULL,
          origin TEXT NOT NULL,
          first INTEGER NOT NULL,
          count INTEGER NOT NULL,
          task TEXT NOT NULL,
          message BLOB NOT NULL,
          crc INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE progress (
          number INTEGER PRIMARY KEY,
          record BLOB NOT NULL,
          crc INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE troubles (
          number INTEGER NOT NULL,
          part INTEGER NOT NULL,
          record BLOB NOT NULL,
          crc INTEGER NOT NULL,
          PRIMARY KEY (number, part)
        ) STRICT;
        CREATE TABLE origins (
          origin TEXT PRIMARY KEY,
          boot_id TEXT,
          name TEXT NOT NULL,
          handed_on INTEGER NOT NULL,
          has_left INTEGER NOT NULL,
          settled TEXT NOT NULL,
          crc INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE keys (
          task TEXT NOT NULL,
          key TEXT NOT NULL,
          origin TEXT NOT NULL,
          seq INTEGER NOT NULL,
          hash TEXT NOT NULL,
          traceparent TEXT,
          kept_until INTEGER NOT NULL,
          crc INTEGER NOT NULL,
          PRIMARY KEY (task, key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE dead_letters (
          id TEXT PRIMARY KEY,
          task TEXT NOT NULL,
          outcome TEXT NOT NULL,
          accepted_at INTEGER NOT NULL,
          ended_at INTEGER NOT NULL,
          record BLOB NOT NULL,
          crc INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE doubts (
          number INTEGER PRIMARY KEY,
          origin TEXT NOT NULL,
          first INTEGER NOT NULL,
          count INTEGER NOT NULL,
          sink TEXT,
          at INTEGER NOT NULL,
          crc INTEGER NOT NULL
        ) STRICT;
      `),
  ],
};

/** The journal's file in its directory. */
export const journalFileName = "journal.db";
