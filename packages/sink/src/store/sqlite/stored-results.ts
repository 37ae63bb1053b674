/** Reads results out of a store's file, in the order of their commits, as the batches that loops are made for. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { OutcomeStatus } from "@tq/common";
import { IdRunsBuilder, SparseBuilder } from "@tq/common/protocol";
import { openForReading, orStorageError, type StorageSubject } from "@tq/common/sqlite";
import type { ResultBatch } from "../../core/result-batch.ts";
import { sumOfResult } from "./row-sum.ts";
import { storeKind } from "./store-kind.ts";

/** A batch, and of each of its rows the number and when it was committed, in milliseconds of the wall clock. */
export interface StoredBatch {
  readonly batch: ResultBatch;
  readonly numbers: readonly number[];
  readonly at: readonly number[];
}

/** Results after a number. */
export interface StoredPage {
  readonly batches: readonly StoredBatch[];
  /** Nothing that is wanted is left up to this number. */
  readonly through: number;
}

export interface PageRequest {
  readonly after: number;
  /** Which definitions are wanted. */
  readonly wants: (task: string, contract: string | undefined) => boolean;
}

export type Row = Record<string, SQLOutputValue>;

/** Rows that are read at a time, wanted or not: some milliseconds. */
export const pageRows = 1_000;
/** Bytes of values at which a page ends, too. */
const pageBytes = 4 * 1024 * 1024;

/** Errors: `TQ_ERR_STORAGE_CORRUPT`, `TQ_ERR_STORAGE_FAILED`. */
export class StoredResults {
  readonly database: DatabaseSync;
  readonly #subject: StorageSubject;
  readonly #page: StatementSync;
  readonly #attachments: StatementSync;
  readonly #oldest: StatementSync;
  readonly #unreadExpired: StatementSync;

  constructor(file: string) {
    const database = openForReading(file, storeKind);
    this.database = database;
    this.#subject = { noun: storeKind.noun, file };
    this.#page = database.prepare(`SELECT * FROM results WHERE n > ? ORDER BY n LIMIT ${pageRows}`);
    this.#attachments = database.prepare("SELECT bytes FROM attachments WHERE n = ? ORDER BY place");
    this.#oldest = database.prepare("SELECT n, at FROM results ORDER BY n LIMIT 1");
    this.#unreadExpired = database.prepare("SELECT consumer, task, expired FROM cursors WHERE expired > 0");
  }

  /** The next ones; none that are wanted, and more behind them, where `through` is beyond `after`. */
  page({ after, wants }: PageRequest): StoredPage {
    return this.gather(() => this.#page.iterate(after), { after, wants });
  }

  /** Rows of `results`, as many as a page holds. */
  gather(rows: () => Iterable<Row>, request: PageRequest): StoredPage {
    return orStorageError(this.#subject, () => this.#gather(rows(), request));
  }

  #gather(rows: Iterable<Row>, { after, wants }: PageRequest): StoredPage {
    const batches: StoredBatch[] = [];
    let through = after;
    let bytes = 0;
    let growing: BatchBuilder | undefined;
    for (const row of rows) {
      through = Number(row.n);
      if (growing?.fits(row) !== true) {
        if (!wants(String(row.task), textOf(row.contract))) continue;
        if (growing !== undefined) batches.push(growing.take());
        growing = new BatchBuilder(row);
      }
      bytes += growing.add(row, this.#attachmentsOf(row));
      if (bytes >= pageBytes) break;
    }
    if (growing !== undefined) batches.push(growing.take());
    return { batches, through };
  }

  #attachmentsOf({ n, attachments }: Row): Uint8Array[] {
    if (attachments === 0) return [];
    return this.#attachments.all(n ?? null).map(({ bytes }) => bytesOf(bytes));
  }

  /** The number of the oldest one, and when it was committed, in milliseconds of the wall clock. */
  oldest(): { readonly n: number; readonly at: number } | undefined {
    const row = this.#oldest.get();
    return row === undefined ? undefined : { n: Number(row.n), at: Number(row.at) };
  }

  /** Of each cursor for which some results expired before it had them: how many so far. */
  unreadExpired(): { consumer: string; task: string; count: number }[] {
    return this.#unreadExpired.all().map(({ consumer, task, expired }) => ({
      consumer: String(consumer),
      task: String(task),
      count: Number(expired),
    }));
  }

  /** Harmless twice. */
  close(): void {
    if (this.database.isOpen) this.database.close();
  }
}

const alike = ["task", "contract", "outcome", "worker"] as const;

/** Puts rows together again that have in common what a batch has once. */
class BatchBuilder {
  readonly #of: Row;
  readonly #numbers: number[] = [];
  readonly #at: number[] = [];
  readonly #ids = new IdRunsBuilder();
  readonly #attempts = new SparseBuilder<number>();
  readonly #traceparents = new SparseBuilder<string>();
  readonly #durationsUs: number[] = [];
  readonly #lengths: number[] = [];
  readonly #values: Uint8Array[] = [];
  readonly #attachments: { at: number[]; frames: Uint8Array[] } = { at: [], frames: [] };

  constructor(of: Row) {
    this.#of = of;
  }

  fits(row: Row): boolean {
    return (
      alike.every((column) => row[column] === this.#of[column]) &&
      (row.duration_us === null) === (this.#of.duration_us === null)
    );
  }

  /** Gives the bytes of its value. */
  add(row: Row, attachments: readonly Uint8Array[]): number {
    const position = this.#numbers.push(Number(row.n)) - 1;
    this.#at.push(Number(row.at));
    this.#ids.add(String(row.origin), Number(row.seq));
    if (row.attempt !== 1) this.#attempts.add(position, Number(row.attempt));
    if (row.traceparent !== null) this.#traceparents.add(position, String(row.traceparent));
    this.#durationsUs.push(Number(row.duration_us));
    const isWhole = isAsWritten(row, attachments);
    const value = isWhole ? bytesOf(row.value) : damagedValue;
    this.#lengths.push(value.length);
    this.#values.push(value);
    let bytes = value.length;
    for (const frame of isWhole ? attachments : []) {
      this.#attachments.at.push(position);
      this.#attachments.frames.push(frame);
      bytes += frame.length;
    }
    return bytes;
  }

  take(): StoredBatch {
    const { task, contract, outcome, worker, duration_us: duration } = this.#of;
    const { frames } = this.#attachments;
    const values = { lengths: this.#lengths, slab: Buffer.concat(this.#values) };
    const batch: ResultBatch = {
      name: String(task),
      contract: textOf(contract),
      outcome: String(outcome) as OutcomeStatus,
      count: this.#numbers.length,
      ids: this.#ids.take(),
      attempts: this.#attempts.take(),
      traceparent: this.#traceparents.take(),
      durationsUs: duration === null ? undefined : this.#durationsUs,
      values: frames.length === 0 ? values : { ...values, attachments: this.#attachments },
      worker: textOf(worker),
    };
    return { batch, numbers: this.#numbers, at: this.#at };
  }
}

/** MessagePack has no value that begins like this: it comes out as one that cannot be decoded. */
const damagedValue = Uint8Array.of(0xc1);

function isAsWritten(
  { origin, seq, task, outcome, value, sum }: Row,
  attachments: readonly Uint8Array[],
): boolean {
  const facts = { origin: String(origin), seq: Number(seq), task: String(task), outcome: String(outcome) };
  return sumOfResult(facts, bytesOf(value), attachments) === sum;
}

const textOf = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

const bytesOf = (value: SQLOutputValue | undefined): Uint8Array =>
  value instanceof Uint8Array ? value : new Uint8Array();
