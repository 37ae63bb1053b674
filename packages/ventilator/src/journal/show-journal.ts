/** What is in a journal, in numbers. Reads it as it is at one moment, also while a ventilator writes it. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { openForReading, orStorageError, subjectOf } from "@tq/common/sqlite";
import type { BatchProgress, JournaledBatch } from "../core/journal/journal-port.ts";
import { journalFileName, journalKind } from "./journal-kind.ts";
import { progressByNumber } from "./journal-rows.ts";
import { batchRows, progressRows, type Standing, type TroublesOfPart, troubleRows } from "./row-codecs.ts";
import { type Row, Table } from "./table.ts";
import { WallClock } from "./wall-clock.ts";

/** Tasks by state. */
export interface TaskCounts {
  /** Ready, or at a worker: a journal does not tell these apart. */
  readonly waiting: number;
  /** Not due yet: submitted with a delay, or waiting for their next attempt. */
  readonly scheduled: number;
  /** Their outcome waits for the sink to confirm it. */
  readonly settling: number;
}

/** A journal in numbers. */
export interface JournalSummary {
  readonly file: string;
  /** Of the file, without what SQLite keeps beside it. */
  readonly bytes: number;
  /** Unsettled tasks. */
  readonly tasks: TaskCounts;
  /** The same by the name of their definition. */
  readonly byTask: Readonly<Record<string, TaskCounts>>;
  /** Unsettled tasks that have failed before. */
  readonly retried: number;
  /** Unsettled tasks that may have killed a worker, or have. */
  readonly suspects: number;
  /** Batches with at least one unsettled task. */
  readonly batches: number;
  /** Submitters that have not said goodbye. */
  readonly origins: number;
  readonly idempotencyKeys: number;
  readonly deadLetters: number;
  readonly movedInDoubt: number;
  /** Of the last start. */
  readonly epoch: number | undefined;
  /** Rows that are not what was written: the ventilator would refuse to start. */
  readonly damagedRows: number;
}

/**
 * Counts what is in the journal in a folder. Takes about as long as reading it.
 *
 * Errors: `TQ_ERR_STORAGE_FAILED` (also if there is none), `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_CORRUPT`.
 */
export function showJournal(directory: string): JournalSummary {
  const file = resolve(directory, journalFileName);
  const database = openForReading(file, journalKind);
  return orStorageError(subjectOf(journalKind, file), () => {
    try {
      database.exec("BEGIN");
      const count = (table: string): number =>
        Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
      const epoch = database.prepare("SELECT max(epoch) AS epoch FROM starts").get()?.epoch;
      const counter = new Counter();
      counter.readProgress(new Table(database, "progress"), new Table(database, "troubles"));
      counter.readBatches(new Table(database, "batches"));
      return {
        file,
        bytes: statSync(file).size,
        ...counter.summary(),
        batches: count("batches"),
        origins: count("origins"),
        idempotencyKeys: count("keys"),
        deadLetters: count("dead_letters"),
        movedInDoubt: Number(database.prepare("SELECT total(count) AS n FROM doubts").get()?.n),
        epoch: typeof epoch === "number" ? epoch : undefined,
      };
    } finally {
      database.close();
    }
  });
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

/** Instants stay wall time. */
const clock = new WallClock(
  () => 0,
  () => 0,
);

class Counter {
  readonly #now = Date.now();
  #progress: ReadonlyMap<number, BatchProgress> = new Map();
  readonly #byTask = new Map<string, Mutable<TaskCounts>>();
  #retried = 0;
  #suspects = 0;
  #damagedRows = 0;

  readProgress(progress: Table, troubles: Table): void {
    const standings: Standing[] = [];
    const parts: TroublesOfPart[] = [];
    this.#read(progress, (row) => standings.push(progressRows.fromRow(row, clock)));
    this.#read(troubles, (row) => parts.push(troubleRows.fromRow(row, clock)));
    this.#progress = progressByNumber(standings, parts);
  }

  readBatches(table: Table): void {
    this.#read(table, (row) => this.#count(batchRows.fromRow(row, clock)));
  }

  summary(): Pick<JournalSummary, "tasks" | "byTask" | "retried" | "suspects" | "damagedRows"> {
    const tasks = { waiting: 0, scheduled: 0, settling: 0 };
    for (const counts of this.#byTask.values()) {
      for (const state of ["waiting", "scheduled", "settling"] as const) tasks[state] += counts[state];
    }
    const byTask = Object.fromEntries([...this.#byTask].sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      tasks,
      byTask,
      retried: this.#retried,
      suspects: this.#suspects,
      damagedRows: this.#damagedRows,
    };
  }

  #read(table: Table, take: (row: Row) => void): void {
    for (const { row, isWhole } of table.rows()) {
      try {
        if (isWhole) take(row);
        else this.#damagedRows += 1;
      } catch {
        this.#damagedRows += 1;
      }
    }
  }

  #count({ number, submission, acceptedAt }: JournaledBatch): void {
    const { definition, ids, options } = submission;
    const [, , count = 0] = ids.runs;
    const states = new Array<keyof TaskCounts | undefined>(count).fill("waiting");
    for (const [position, index] of options.notBeforeMs?.at.entries() ?? []) {
      if (acceptedAt + (options.notBeforeMs?.values[position] ?? 0) > this.#now) states[index] = "scheduled";
    }
    const { settled = [], troubles = [] } = this.#progress.get(number) ?? {};
    for (const { index, dueAt, proposed, failures, suspicion } of troubles) {
      if ((dueAt ?? 0) > this.#now) states[index] = "scheduled";
      if (proposed !== undefined) states[index] = "settling";
      if (failures > 0) this.#retried += 1;
      if (suspicion !== "none") this.#suspects += 1;
    }
    for (let at = 0; at + 1 < settled.length; at += 2) states.fill(undefined, settled[at], settled[at + 1]);
    const counts = this.#byTask.get(definition.name) ?? { waiting: 0, scheduled: 0, settling: 0 };
    this.#byTask.set(definition.name, counts);
    for (const state of states) if (state !== undefined) counts[state] += 1;
  }
}
