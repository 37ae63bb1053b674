/**
 * Copies what can be read of a damaged journal into a new one, and says what could not.
 * The damaged journal is only read.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { TqError } from "@tq/common";
import { openForReading, openForWriting, orStorageError, StorageLock, subjectOf } from "@tq/common/sqlite";
import { DamagedTable, type LostRow, tasksOf } from "./damaged-table.ts";
import { journalFileName, journalKind } from "./journal-kind.ts";
import { Table, type TableName, tableNames } from "./table.ts";

/** What became of a damaged journal. */
export interface SalvageReport {
  /** The new file. */
  readonly file: string;
  /** Rows by table. */
  readonly saved: Readonly<Record<TableName, number>>;
  /** Tasks in the batches that were saved, settled ones included. */
  readonly savedTasks: number;
  readonly lost: readonly LostRow[];
}

/**
 * Saves what can be read of the journal in one folder to a new one in another.
 *
 * Errors: `TQ_ERR_INVALID_OPTION` (there is a journal already where the new one is to be), `TQ_ERR_STORAGE_LOCKED` (a ventilator
 * has it), `TQ_ERR_STORAGE_CORRUPT` (nothing can be read), `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_FULL`,
 * `TQ_ERR_STORAGE_FAILED`.
 */
export function salvageJournal(from: string, to: string): SalvageReport {
  const subject = subjectOf(journalKind, resolve(from, journalFileName));
  const target = resolve(to, journalFileName);
  if (existsSync(target)) {
    throw new TqError("TQ_ERR_INVALID_OPTION", `${target} exists already; salvage writes a new journal`, {
      details: { option: "to" },
    });
  }
  const source = openForReading(subject.file, journalKind);
  try {
    const lock = new StorageLock(subject);
    try {
      return orStorageError(subjectOf(journalKind, target), () => copyInto(to, source));
    } finally {
      lock.release();
    }
  } finally {
    source.close();
  }
}

function copyInto(to: string, source: DatabaseSync): SalvageReport {
  const path = join(to, journalFileName);
  const target = openForWriting({ file: path, kind: journalKind, syncsCommits: true, check: "always" });
  try {
    const { database } = target;
    database.exec("BEGIN");
    const lost: LostRow[] = [];
    const saved: Partial<Record<TableName, number>> = {};
    let savedTasks = 0;
    for (const name of tableNames) {
      const table = new Table(database, name);
      const reader = new DamagedTable(source, name, (row) => lost.push({ table: name, ...row }));
      saved[name] = 0;
      for (const row of reader.rows()) {
        table.put(row);
        saved[name] += 1;
        if (name === "batches") savedTasks += tasksOf(row) ?? 0;
      }
    }
    copyStarts(source, database);
    database.exec("COMMIT");
    target.close();
    return { file: target.subject.file, saved: saved as Record<TableName, number>, savedTasks, lost };
  } catch (error) {
    target.abandon();
    throw error;
  }
}

/** Epochs must grow. The clock usually sees to that; what can be read makes sure. */
function copyStarts(source: DatabaseSync, database: DatabaseSync): void {
  try {
    const last = source.prepare("SELECT epoch, pid, host FROM starts ORDER BY epoch DESC LIMIT 1").get();
    if (last === undefined) return;
    database
      .prepare("INSERT INTO starts VALUES (?, ?, ?)")
      .run(last.epoch ?? 0, last.pid ?? 0, last.host ?? "");
  } catch {
    // It is not worth losing the rest.
  }
}
