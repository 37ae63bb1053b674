/** One table of a journal as its thread uses it: rows in, rows out, each with the sum that shows whether it is whole. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";

/** A value of a column. */
export type Cell = string | number | null | Uint8Array;

/** All but the sum, in the order of the columns. */
export type Row = readonly Cell[];

/** The tables that are replayed, and their columns. Keys come first. */
export const tables = {
  batches: { columns: ["number", "accepted_at", "origin", "first", "count", "task", "message"], keys: 1 },
  progress: { columns: ["number", "record"], keys: 1 },
  troubles: { columns: ["number", "part", "record"], keys: 2 },
  origins: { columns: ["origin", "boot_id", "name", "handed_on", "has_left", "settled"], keys: 1 },
  keys: { columns: ["task", "key", "origin", "seq", "hash", "traceparent", "kept_until"], keys: 2 },
  dead_letters: { columns: ["id", "task", "outcome", "accepted_at", "ended_at", "record"], keys: 1 },
  doubts: { columns: ["number", "origin", "first", "count", "sink", "at"], keys: 1 },
} as const satisfies Record<string, { columns: readonly string[]; keys: number }>;

export type TableName = keyof typeof tables;

/** In the order in which a change writes them. */
export const tableNames = Object.keys(tables) as readonly TableName[];

/** What is told to the thread: per table, the rows to put and the keys of those to remove. Only what is not empty. */
export interface RowChange {
  readonly put: RowsByTable;
  readonly remove: RowsByTable;
}

export type RowsByTable = { [table in TableName]?: readonly Row[] };

/** What a row costs besides its bytes: about a page of the table and one of the map that allows to shrink the file. */
const rowBytes = 8 * 1024;

export class Table {
  readonly name: TableName;
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  /** By how much of the key is given, from 1. */
  readonly #removes: readonly StatementSync[];

  constructor(database: DatabaseSync, name: TableName) {
    this.name = name;
    this.#database = database;
    const { columns, keys } = tables[name];
    const places = Array(columns.length + 1).fill("?");
    this.#put = database.prepare(`INSERT OR REPLACE INTO ${name} VALUES (${places})`);
    const where = columns.slice(0, keys).map((column) => `${column} = ?`);
    this.#removes = where.map((_, index) =>
      database.prepare(`DELETE FROM ${name} WHERE ${where.slice(0, index + 1).join(" AND ")}`),
    );
  }

  /** Gives about how many bytes were written. */
  put(row: Row): number {
    this.#put.run(...(row as readonly SQLInputValue[]), sumOf(row));
    return bytesOf(row) + rowBytes;
  }

  /** The row with that key; of the first part of a key, all rows that have it. Gives about how many bytes were written. */
  remove(key: Row): number {
    const removed = this.#removes[key.length - 1]?.run(...(key as readonly SQLInputValue[]));
    return Number(removed?.changes ?? 0) * rowBytes;
  }

  /** By ascending keys; each row, and whether it is whole. */
  *rows(): Iterable<{ readonly row: Row; readonly isWhole: boolean }> {
    const { columns, keys } = tables[this.name];
    const order = columns.slice(0, keys).join(", ");
    const select = this.#database.prepare(
      `SELECT ${columns.join(", ")}, crc FROM ${this.name} ORDER BY ${order}`,
    );
    for (const record of select.iterate()) {
      const cells = Object.values(record) as Cell[];
      const sum = cells.pop();
      yield { row: cells, isWhole: isWholeRow(cells, sum) };
    }
  }
}

export const bytesOf = (row: Row): number =>
  row.reduce<number>(
    (sum, cell) => sum + (typeof cell === "object" ? (cell?.length ?? 0) : String(cell).length),
    0,
  );

/** Whether a row is what was written. */
export const isWholeRow = (row: Row, sum: Cell | undefined): boolean => sumOf(row) === sum;

/** Each cell with its length in front: bytes that move from one to the next change the sum. */
function sumOf(row: Row): number {
  let sum = 0;
  for (const cell of row) {
    const bytes = typeof cell === "object" ? cell : String(cell);
    sum = crc32(`${typeof cell} ${bytes?.length ?? -1}:`, sum);
    if (bytes !== null) sum = crc32(bytes, sum);
  }
  return sum;
}

/** `number 17`, `origin 0123456789abcdef`. */
export function keyOf(table: TableName, row: Row): string {
  const { columns, keys } = tables[table];
  return columns
    .slice(0, keys)
    .map((column, index) => `${column} ${row[index]}`)
    .join(", ");
}
