/** A store's file as its thread serves it: what each kind of change writes. */
import { randomBytes } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { openForWriting, orStorageError, type ServedFile, type WritableFile } from "@tq/common/sqlite";
import { storeKind } from "./store-kind.ts";
import type { Cursor, StoreTypes, StoreWrite } from "./store-messages.ts";
import { WindowTable } from "./window-table.ts";
import { ResultsWriter } from "./write-results.ts";

/** Results that one step of expiry looks at: some milliseconds. */
export const expiryStep = 1_000;

/**
 * What is looked through after a kill: what decides whether a result is new. All results would take a second per million or so,
 * and the sink's peers wait; SQLite notices a page that makes no sense when it meets it.
 */
const smallTables = ["store", "origins", "other_outcomes", "closed_origins", "cursors"];

export function openStoreFile({
  file: path,
  closedOriginsMax,
}: StoreTypes["settings"]): ServedFile<StoreTypes> {
  const file = openForWriting({
    file: path,
    kind: storeKind,
    syncsCommits: true,
    check: { tables: smallTables },
  });
  try {
    return orStorageError(file.subject, () => serve(file, closedOriginsMax));
  } catch (error) {
    file.abandon();
    throw error;
  }
}

function serve(file: WritableFile, closedOriginsMax: number): ServedFile<StoreTypes> {
  const { database } = file;
  const sink = sinkOf(database);
  const window = new WindowTable(file, closedOriginsMax);
  const results = new ResultsWriter(database);
  const cursors = new CursorTable(database);
  const expiry = new Expiry(database);
  const write = (change: StoreWrite): number => {
    switch (change.type) {
      case "change": {
        const at = Date.now();
        return (
          results.write(change.results, at) +
          results.write(change.pushed, at) +
          window.write(change.results, change.lowMarks, change.closed)
        );
      }
      case "cursors":
        return cursors.save(change.cursors);
      case "expire":
        return expiry.step(change);
    }
  };
  // Cursors are written over, and what has expired makes room.
  const grows = ({ type }: StoreWrite): boolean => type === "change";
  return { file, opened: { sink, window: window.restore(), cursors: cursors.all() }, write, grows };
}

/** By which ventilators know this store's sink: drawn when the file is made. */
function sinkOf(database: DatabaseSync): string {
  const row = database.prepare("SELECT sink FROM store WHERE id = 1").get();
  if (row !== undefined) return String(row.sink);
  const sink = randomBytes(8).toString("hex");
  database.prepare("INSERT INTO store VALUES (1, ?, 0)").run(sink);
  return sink;
}

class CursorTable {
  readonly #database: DatabaseSync;
  readonly #save: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#save = database.prepare(`
      INSERT INTO cursors (consumer, task, contract, n, note) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET n = excluded.n, note = excluded.note`);
  }

  save(cursors: readonly Cursor[]): number {
    for (const { consumer, task, contract, n, note = null } of cursors) {
      this.#save.run(consumer, task, contract, n, note);
    }
    return cursors.length * 100;
  }

  all(): Cursor[] {
    return this.#database
      .prepare("SELECT * FROM cursors")
      .all()
      .map(({ consumer, task, contract, n, note }) => ({
        consumer: String(consumer),
        task: String(task),
        contract: String(contract),
        n: Number(n),
        note: note === null ? undefined : Number(note),
      }));
  }
}

class Expiry {
  readonly #countUnread: StatementSync;
  readonly #forget: StatementSync;
  readonly #forgetAttachments: StatementSync;

  constructor(database: DatabaseSync) {
    const expired = `SELECT n FROM (SELECT n, at FROM results ORDER BY n LIMIT ${expiryStep}) WHERE at < ? AND n <= ?`;
    this.#countUnread = database.prepare(`
      UPDATE cursors SET expired = expired + (
        SELECT count(*) FROM results WHERE n > cursors.n AND n IN (${expired}) AND CASE cursors.task
          WHEN '' THEN NOT EXISTS (
            SELECT 1 FROM cursors AS own WHERE own.consumer = cursors.consumer AND own.task = results.task
          )
          ELSE results.task = cursors.task
            AND (cursors.contract = '' OR results.contract IS NULL OR results.contract = cursors.contract)
        END
      )`);
    this.#forgetAttachments = database.prepare(`DELETE FROM attachments WHERE n IN (${expired})`);
    this.#forget = database.prepare(`DELETE FROM results WHERE n IN (${expired})`);
  }

  step({ before, through }: { before: number; through: number }): number {
    this.#countUnread.run(before, through);
    this.#forgetAttachments.run(before, through);
    return Number(this.#forget.run(before, through).changes) * 100;
  }
}
