/**
 * The duplicate window as tables: per origin one row with its ranges and its mark, one for each outcome that is no
 * completion, and a list of closed origins.
 *
 * It has no memory of its own: what a transaction that was taken back had changed would have to be taken back in it, too.
 * Reading the one row that is rewritten anyway costs next to nothing.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { Origin, OutcomeStatus } from "@tq/common";
import { forEachRun, type IdRun, SeqSet } from "@tq/common/protocol";
import { corruptError, type StorageSubject, type WritableFile } from "@tq/common/sqlite";
import type { OriginSnapshot, WindowSnapshot } from "../../core/duplicate-window.ts";
import type { LowMarkOf } from "../../core/store-change.ts";
import { sumOfOrigin } from "./row-sum.ts";
import type { RowsToStore } from "./store-messages.ts";

interface OriginRow {
  below: number;
  readonly committed: SeqSet;
}

export class WindowTable {
  readonly #database: DatabaseSync;
  readonly #subject: StorageSubject;
  readonly #closedOriginsMax: number;
  readonly #statements: ReturnType<typeof prepare>;

  constructor({ database, subject }: Pick<WritableFile, "database" | "subject">, closedOriginsMax: number) {
    this.#database = database;
    this.#subject = subject;
    this.#closedOriginsMax = closedOriginsMax;
    this.#statements = prepare(database);
  }

  /** Called inside a transaction. Gives about how many bytes it wrote. */
  write(results: readonly RowsToStore[], lowMarks: readonly LowMarkOf[], closed: readonly Origin[]): number {
    const touched = new Map<Origin, OriginRow | undefined>();
    for (const { ids, outcome } of results) {
      forEachRun(ids, (run) => this.#commit(this.#open(touched, run.origin), run, outcome));
    }
    for (const { origin, below } of lowMarks) this.#raise(this.#open(touched, origin), origin, below);
    let bytes = 0;
    for (const [origin, row] of touched) {
      if (row === undefined) continue;
      const ranges = rangesOf(row.committed);
      this.#statements.save.run(origin, row.below, ranges, sumOfOrigin(origin, row.below, ranges));
      bytes += origin.length + ranges.length;
    }
    for (const origin of closed) this.#close(origin);
    return bytes + closed.length * 100;
  }

  restore(): WindowSnapshot {
    const origins = new Map<Origin, OriginSnapshot & { others: [number, OutcomeStatus][] }>();
    for (const row of this.#database.prepare("SELECT * FROM origins").iterate()) {
      const origin = String(row.origin);
      const committed = this.#rangesIn(origin, row);
      origins.set(origin, { origin, below: Number(row.below), committed, others: [] });
    }
    for (const row of this.#database.prepare("SELECT * FROM other_outcomes ORDER BY origin, seq").iterate()) {
      origins.get(String(row.origin))?.others.push([Number(row.seq), row.outcome as OutcomeStatus]);
    }
    const closed = this.#database.prepare("SELECT origin FROM closed_origins ORDER BY place").all();
    return { origins: [...origins.values()], closed: closed.map((row) => String(row.origin)) };
  }

  /** Nothing for a closed one: all of it counts as committed. */
  #open(touched: Map<Origin, OriginRow | undefined>, origin: Origin): OriginRow | undefined {
    if (touched.has(origin)) return touched.get(origin);
    const row = this.#statements.isClosed.get(origin) === undefined ? this.#read(origin) : undefined;
    touched.set(origin, row);
    return row;
  }

  #read(origin: Origin): OriginRow {
    const committed = new SeqSet();
    const row = this.#statements.read.get(origin);
    if (row === undefined) return { below: 1, committed };
    const ranges = this.#rangesIn(origin, row);
    for (let index = 0; index + 1 < ranges.length; index += 2) {
      committed.addRun(ranges[index] ?? 0, ranges[index + 1] ?? 0);
    }
    return { below: Number(row.below), committed };
  }

  #rangesIn(origin: Origin, { below, committed, sum }: Record<string, SQLOutputValue>): number[] {
    const text = String(committed);
    const isAsWritten = sum === sumOfOrigin(origin, Number(below), text);
    const ranges = isAsWritten ? parsed(text) : undefined;
    if (Array.isArray(ranges) && ranges.length % 2 === 0 && ranges.every(Number.isSafeInteger)) return ranges;
    throw corruptError(this.#subject, [`the ranges of origin ${origin} make no sense`]);
  }

  #commit(row: OriginRow | undefined, { origin, first, count }: IdRun, outcome: OutcomeStatus): void {
    if (row === undefined) return;
    const from = Math.max(first, row.below);
    const end = first + count;
    if (from >= end) return;
    row.committed.addRun(from, end - from);
    if (outcome === "completed") return;
    for (let seq = from; seq < end; seq++) this.#statements.saveOther.run(origin, seq, outcome);
  }

  #raise(row: OriginRow | undefined, origin: Origin, below: number): void {
    if (row === undefined || below <= row.below) return;
    row.below = below;
    row.committed.deleteBelow(below);
    this.#statements.forgetOthersBelow.run(origin, below);
  }

  #close(origin: Origin): void {
    const { close, forget, forgetOthersBelow, forgetOldest } = this.#statements;
    close.run(origin);
    forget.run(origin);
    forgetOthersBelow.run(origin, Number.MAX_SAFE_INTEGER);
    forgetOldest.run(this.#closedOriginsMax);
  }
}

function prepare(database: DatabaseSync) {
  const statements = {
    read: "SELECT below, committed, sum FROM origins WHERE origin = ?",
    save: "INSERT OR REPLACE INTO origins VALUES (?, ?, ?, ?)",
    forget: "DELETE FROM origins WHERE origin = ?",
    saveOther: "INSERT OR REPLACE INTO other_outcomes VALUES (?, ?, ?)",
    forgetOthersBelow: "DELETE FROM other_outcomes WHERE origin = ? AND seq < ?",
    isClosed: "SELECT 1 FROM closed_origins WHERE origin = ?",
    close: "INSERT OR IGNORE INTO closed_origins (origin) VALUES (?)",
    forgetOldest: "DELETE FROM closed_origins WHERE place <= (SELECT max(place) FROM closed_origins) - ?",
  } as const;
  return Object.fromEntries(
    Object.entries(statements).map(([name, sql]) => [name, database.prepare(sql)]),
  ) as Record<keyof typeof statements, StatementSync>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rangesOf(set: SeqSet): string {
  const ranges: number[] = [];
  set.forEachRange((first, count) => ranges.push(first, count));
  return JSON.stringify(ranges);
}
