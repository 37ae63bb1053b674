/** The journal's file as its thread serves it: rows in and out, and one row per start. */
import { hostname } from "node:os";
import { join } from "node:path";
import {
  corruptError,
  openForWriting,
  orStorageError,
  type Parcel,
  type ServedFile,
  syncedTransaction,
  type WritableFile,
} from "@tq/common/sqlite";
import { journalFileName, journalKind } from "./journal-kind.ts";
import { bytesOf, keyOf, type Row, type RowChange, Table, type TableName, tableNames } from "./table.ts";

export interface JournalTypes {
  readonly settings: {
    readonly directory: string;
    readonly syncsCommits: boolean;
    /** Milliseconds of the wall clock. */
    readonly now: number;
  };
  readonly opened: {
    /** Of this start: higher than of all before it. */
    readonly epoch: number;
    /** Whether whoever had it before closed it in order. */
    readonly wasClosed: boolean;
  };
  readonly content: { readonly table: TableName; readonly rows: readonly Row[] };
  readonly change: RowChange;
  readonly query: never;
  readonly answer: never;
}

/** What is read at a time: enough that messages between threads do not count. */
const contentBytes = 1024 * 1024;
/** Starts that are remembered, for people to look at. */
const startsKept = 100;

export function openJournalFile({
  directory,
  syncsCommits,
  now,
}: JournalTypes["settings"]): ServedFile<JournalTypes> {
  const path = join(directory, journalFileName);
  // Always looked through: all of it is read anyway, and a page that lost rows in silence would lose tasks in silence.
  const file = openForWriting({ file: path, kind: journalKind, syncsCommits, check: "always" });
  try {
    return orStorageError(file.subject, () => serve(file, now));
  } catch (error) {
    file.abandon();
    throw error;
  }
}

function serve(file: WritableFile, now: number): ServedFile<JournalTypes> {
  const { database, subject, wasClosed } = file;
  const all = tableNames.map((name) => new Table(database, name));
  return {
    file,
    opened: { epoch: recordStart(file, now), wasClosed },
    *contents() {
      for (const table of all) {
        yield* readTable(table, (row) =>
          corruptError(subject, [
            `the row of ${table.name} with ${keyOf(table.name, row)} is not what was written`,
          ]),
        );
      }
    },
    // What becomes of batches makes room sooner or later.
    grows: ({ put }) => put.batches !== undefined,
    write: ({ put, remove }) => {
      let bytes = 0;
      for (const table of all) {
        for (const row of put[table.name] ?? []) bytes += table.put(row);
        for (const key of remove[table.name] ?? []) bytes += table.remove(key);
      }
      return bytes;
    },
  };
}

/**
 * Synced before anything is handed out under it. The time of the start, so that epochs of different journals of one
 * ventilator hardly ever meet; but always higher than all before.
 */
function recordStart(file: WritableFile, now: number): number {
  const { database } = file;
  const last = Number(database.prepare("SELECT max(epoch) AS epoch FROM starts").get()?.epoch ?? 0);
  const epoch = Math.max(last + 1, now);
  syncedTransaction(file, () => {
    database.prepare("INSERT INTO starts VALUES (?, ?, ?)").run(epoch, process.pid, hostname());
    database
      .prepare("DELETE FROM starts WHERE epoch NOT IN (SELECT epoch FROM starts ORDER BY epoch DESC LIMIT ?)")
      .run(startsKept);
  });
  return epoch;
}

function* readTable(table: Table, damaged: (row: Row) => Error): Iterable<Parcel<JournalTypes["content"]>> {
  let rows: Row[] = [];
  let bytes = 0;
  const take = (): Parcel<JournalTypes["content"]> => {
    const value = { table: table.name, rows };
    rows = [];
    bytes = 0;
    return { value, transfer: value.rows.flatMap(memoryOfRow) };
  };
  for (const { row, isWhole } of table.rows()) {
    if (!isWhole) throw damaged(row);
    rows.push(row);
    bytes += bytesOf(row);
    if (bytes >= contentBytes) yield take();
  }
  if (rows.length > 0) yield take();
}

const memoryOfRow = (row: Row): ArrayBuffer[] =>
  row.flatMap((cell) => (cell instanceof Uint8Array ? [cell.buffer as ArrayBuffer] : []));
