/**
 * A table of a damaged journal, as far as it can be read: what a ventilator would take, whole by its sum and decodable.
 *
 * Row by row: first the keys, from both ends, because one bad page stops a scan; then each row by its key.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import {
  batchRows,
  deadLetterRows,
  doubtRows,
  keyRows,
  originRows,
  progressRows,
  troubleRows,
} from "./row-codecs.ts";
import { type Cell, isWholeRow, keyOf, type Row, type TableName, tables } from "./table.ts";
import { WallClock } from "./wall-clock.ts";

/** A row, or several, that could not be saved. */
export interface LostRow {
  readonly table: TableName;
  /** As SQL would name it: `number 17`; of several: `number 18 to 40`. */
  readonly key: string;
  readonly reason: string;
  /** How many tasks were lost with it, of batches only; absent: unknown. */
  readonly tasks?: number | undefined;
}

const clock = new WallClock(
  () => 0,
  () => 0,
);
const codecs = {
  batches: batchRows,
  progress: progressRows,
  troubles: troubleRows,
  origins: originRows,
  keys: keyRows,
  dead_letters: deadLetterRows,
  doubts: doubtRows,
} as const;

/** Column `count`, as far as it is one. */
export function tasksOf(row: Row): number | undefined {
  const count = row[tables.batches.columns.indexOf("count")];
  return typeof count === "number" ? count : undefined;
}

export class DamagedTable {
  readonly #database: DatabaseSync;
  readonly #name: TableName;
  readonly #onLost: (row: Omit<LostRow, "table">) => void;

  constructor(database: DatabaseSync, name: TableName, onLost: (row: Omit<LostRow, "table">) => void) {
    this.#database = database;
    this.#name = name;
    this.#onLost = onLost;
  }

  *rows(): Iterable<Row> {
    for (const key of this.#allKeys()) {
      const row = this.#read(key);
      if (row !== undefined) yield row;
    }
  }

  /** Forwards, and if that ends in an error, backwards too. */
  #allKeys(): readonly Row[] {
    const forwards = this.#scan("ASC");
    if (forwards.error === undefined) return forwards.keys;
    const seen = new Set(forwards.keys.map((key) => JSON.stringify(key)));
    const backwards = this.#scan("DESC").keys.filter((key) => !seen.has(JSON.stringify(key)));
    backwards.reverse();
    const name = (key: Row | undefined): string => (key === undefined ? "the end" : keyOf(this.#name, key));
    const [after, before] = [forwards.keys.at(-1), backwards[0]];
    const from = after === undefined ? "the beginning" : `after ${name(after)}`;
    this.#onLost({
      key: `${from} to ${before === undefined ? "the end" : `before ${name(before)}`}`,
      reason: forwards.error,
    });
    return [...forwards.keys, ...backwards];
  }

  #scan(order: "ASC" | "DESC"): { readonly keys: Row[]; readonly error: string | undefined } {
    const { columns, keys: keyCount } = tables[this.#name];
    const named = columns.slice(0, keyCount);
    const keys: Row[] = [];
    try {
      const by = named.map((column) => `${column} ${order}`).join(", ");
      const select = this.#database.prepare(`SELECT ${named.join(", ")} FROM ${this.#name} ORDER BY ${by}`);
      for (const record of select.iterate()) keys.push(Object.values(record) as Cell[]);
      return { keys, error: undefined };
    } catch (error) {
      return { keys, error: messageOf(error) };
    }
  }

  #read(key: Row): Row | undefined {
    const { columns, keys } = tables[this.#name];
    const where = columns.slice(0, keys).map((column) => `${column} = ?`);
    const lost = (reason: string, row?: Row): undefined => {
      const tasks = row !== undefined && this.#name === "batches" ? tasksOf(row) : undefined;
      this.#onLost({ key: keyOf(this.#name, key), reason, ...(tasks !== undefined && { tasks }) });
    };
    let cells: Cell[];
    try {
      const select = this.#database.prepare(
        `SELECT ${columns.join(", ")}, crc FROM ${this.#name} WHERE ${where.join(" AND ")}`,
      );
      const record = select.get(...(key as readonly SQLInputValue[]));
      if (record === undefined) return lost("it is listed and cannot be found");
      cells = Object.values(record) as Cell[];
    } catch (error) {
      return lost(messageOf(error));
    }
    const sum = cells.pop();
    if (!isWholeRow(cells, sum)) return lost("it is not what was written", cells);
    try {
      codecs[this.#name].fromRow(cells, clock);
    } catch (error) {
      return lost(messageOf(error), cells);
    }
    return cells;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
