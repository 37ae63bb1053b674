/** Writes results into the store's tables, one row each. Called inside a transaction. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { forEachRun, SparseReader } from "@tq/common/protocol";
import { sumOfResult } from "./row-sum.ts";
import type { RowsToStore } from "./store-messages.ts";

/** About what a row costs besides its value. */
const rowBytes = 160;

export class ResultsWriter {
  readonly #readLast: StatementSync;
  readonly #saveLast: StatementSync;
  readonly #insert: StatementSync;
  readonly #attach: StatementSync;

  constructor(database: DatabaseSync) {
    this.#readLast = database.prepare("SELECT last_n FROM store WHERE id = 1");
    this.#saveLast = database.prepare("UPDATE store SET last_n = ? WHERE id = 1");
    this.#insert = database.prepare("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#attach = database.prepare("INSERT INTO attachments VALUES (?, ?, ?)");
  }

  /** `at`: now, in milliseconds of the wall clock. Gives about how many bytes it wrote. */
  write(all: readonly RowsToStore[], at: number): number {
    if (all.length === 0) return 0;
    // Asked for anew each time: after a transaction that was taken back, its numbers are free.
    let n = Number(this.#readLast.get()?.last_n);
    let bytes = 0;
    for (const rows of all) {
      bytes += this.#writeRows(rows, n, at);
      n += rows.lengths.length;
    }
    this.#saveLast.run(n);
    return bytes;
  }

  #writeRows(rows: RowsToStore, before: number, at: number): number {
    const {
      task,
      contract = null,
      outcome,
      worker = null,
      ids,
      durationsUs,
      lengths,
      slab,
      attachments,
    } = rows;
    const attemptOf = new SparseReader(rows.attempts);
    const traceparentOf = new SparseReader(rows.traceparent);
    const attached = attachments && framesByRow(attachments);
    let offset = 0;
    forEachRun(ids, ({ origin, first, count, position }) => {
      for (let row = position; row < position + count; row++) {
        const end = offset + (lengths[row] ?? 0);
        const seq = first + row - position;
        const value = slab.subarray(offset, end);
        const frames = attached?.get(row);
        this.#insert.run(
          before + row + 1,
          origin,
          seq,
          task,
          contract,
          outcome,
          attemptOf.at(row) ?? 1,
          at,
          durationsUs?.[row] ?? null,
          worker,
          traceparentOf.at(row) ?? null,
          value,
          frames?.length ?? 0,
          sumOfResult({ origin, seq, task, outcome }, value, frames),
        );
        offset = end;
      }
    });
    return offset + lengths.length * rowBytes + this.#writeAttachments(rows, before);
  }

  #writeAttachments({ attachments }: RowsToStore, before: number): number {
    let bytes = 0;
    let place = 0;
    let last = -1;
    for (const [index, frame] of (attachments?.frames ?? []).entries()) {
      const row = attachments?.at[index] ?? 0;
      place = row === last ? place + 1 : 0;
      last = row;
      this.#attach.run(before + row + 1, place, frame);
      bytes += frame.length;
    }
    return bytes;
  }
}

function framesByRow({ at, frames }: NonNullable<RowsToStore["attachments"]>): Map<number, Uint8Array[]> {
  const byRow = new Map<number, Uint8Array[]>();
  for (const [index, frame] of frames.entries()) {
    const row = at[index] ?? 0;
    const own = byRow.get(row);
    if (own === undefined) byRow.set(row, [frame]);
    else own.push(frame);
  }
  return byRow;
}
