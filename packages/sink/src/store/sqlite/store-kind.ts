/**
 * The tables of a result store, format by format.
 *
 * A row per task, because results are asked for one by one: by task, time, trace id or id. `n` counts commits and is never
 * used twice, so that a number says how far a consumer has read. What a sink has to know of ids that were committed is kept
 * beside the results and outlives them: results expire, and an id must not come back.
 */
import type { FileKind } from "@tq/common/sqlite";

export const storeKind: FileKind = {
  noun: "store",
  applicationId: 0x74_71_53_01,
  steps: [
    (database) =>
      database.exec(`
        CREATE TABLE store (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          sink TEXT NOT NULL,
          last_n INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE results (
          n INTEGER PRIMARY KEY,
          origin TEXT NOT NULL,
          seq INTEGER NOT NULL,
          task TEXT NOT NULL,
          contract TEXT,
          outcome TEXT NOT NULL,
          attempt INTEGER NOT NULL,
          at INTEGER NOT NULL,
          duration_us INTEGER,
          worker TEXT,
          traceparent TEXT,
          value BLOB NOT NULL,
          attachments INTEGER NOT NULL,
          sum INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX results_by_id ON results (origin, seq);
        CREATE INDEX results_by_traceparent ON results (substr(traceparent, 4, 32)) WHERE traceparent IS NOT NULL;
        CREATE TABLE attachments (
          n INTEGER NOT NULL,
          place INTEGER NOT NULL,
          bytes BLOB NOT NULL,
          PRIMARY KEY (n, place)
        ) STRICT;
        CREATE TABLE origins (
          origin TEXT PRIMARY KEY,
          below INTEGER NOT NULL,
          committed TEXT NOT NULL,
          sum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE other_outcomes (
          origin TEXT NOT NULL,
          seq INTEGER NOT NULL,
          outcome TEXT NOT NULL,
          PRIMARY KEY (origin, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE closed_origins (
          place INTEGER PRIMARY KEY,
          origin TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE cursors (
          consumer TEXT NOT NULL,
          task TEXT NOT NULL,
          contract TEXT NOT NULL,
          n INTEGER NOT NULL,
          note INTEGER,
          expired INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (consumer, task, contract)
        ) STRICT, WITHOUT ROWID;
      `),
  ],
};
