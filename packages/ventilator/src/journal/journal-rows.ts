/** A change as rows, and rows as the contents to replay. */
import {
  type BatchProgress,
  type JournalChange,
  type JournalContents,
  type JournaledTrouble,
  partOf,
} from "../core/journal/journal-port.ts";
import {
  batchRows,
  deadLetterRows,
  doubtRows,
  keyRows,
  originRows,
  progressRows,
  type RowCodec,
  type Standing,
  type TroublesOfPart,
  troubleRows,
} from "./row-codecs.ts";
import { keyOf, type Row, type RowChange, type RowsByTable, type TableName } from "./table.ts";
import type { WallClock } from "./wall-clock.ts";

/** Payloads are copied: the core goes on with them, while the rows' memory is given to the thread. */
export function changeToRows(change: JournalChange, clock: WallClock): RowChange {
  const rows = <Item>({ toRow }: RowCodec<Item>, items: readonly Item[]): readonly Row[] =>
    items.map((item) => toRow(item, clock));
  const parts = change.progress.flatMap(troublesByPart);
  const numbers = (list: readonly number[]): readonly Row[] => list.map((number) => [number]);
  return {
    put: withoutEmpty({
      batches: rows(batchRows, change.accepted),
      progress: rows(progressRows, change.progress),
      troubles: rows(
        troubleRows,
        parts.filter(({ troubles }) => troubles.length > 0),
      ),
      origins: rows(originRows, change.origins),
      keys: rows(keyRows, change.keys),
      dead_letters: rows(deadLetterRows, change.deadLetters),
      doubts: rows(doubtRows, change.doubts),
    }),
    remove: withoutEmpty({
      batches: numbers(change.removed),
      progress: numbers(change.removed),
      troubles: [
        ...parts.flatMap(({ number, part, troubles }) => (troubles.length === 0 ? [[number, part]] : [])),
        ...numbers(change.removed),
      ],
      origins: change.closedOrigins.map((origin) => [origin]),
      keys: change.forgottenKeys.map(({ task, key }) => [task, key]),
      dead_letters: change.removedDeadLetters.map((id) => [id]),
      doubts: numbers(change.removedDoubts),
    }),
  };
}

function troublesByPart({ number, parts, troubles }: BatchProgress): readonly TroublesOfPart[] {
  return parts.map((part) => ({
    number,
    part,
    troubles: troubles.filter(({ index }) => partOf(index) === part),
  }));
}

function withoutEmpty(rows: { readonly [table in TableName]: readonly Row[] }): RowsByTable {
  return Object.fromEntries(Object.entries(rows).filter(([, list]) => list.length > 0));
}

/** The memory of all bytes in it. */
export function memoryOf({ put }: RowChange): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const rows of Object.values(put)) {
    for (const row of rows) {
      for (const cell of row) if (cell instanceof Uint8Array) buffers.push(cell.buffer as ArrayBuffer);
    }
  }
  return buffers;
}

/** A row that cannot be used. */
export interface BadRow {
  readonly table: TableName;
  /** As people look it up. */
  readonly key: string;
  readonly reason: string;
}

/** Gathers rows, in whatever order tables come, and gives what they say. */
export class ContentsReader {
  readonly #clock: WallClock;
  readonly #onBadRow: (bad: BadRow) => void;
  readonly #lists: { readonly [table in TableName]: Row[] } = {
    batches: [],
    progress: [],
    troubles: [],
    origins: [],
    keys: [],
    dead_letters: [],
    doubts: [],
  };

  /** `onBadRow` may throw; otherwise the row is left out. */
  constructor(clock: WallClock, onBadRow: (bad: BadRow) => void) {
    this.#clock = clock;
    this.#onBadRow = onBadRow;
  }

  add(table: TableName, rows: readonly Row[]): void {
    for (const row of rows) this.#lists[table].push(row);
  }

  take(): JournalContents {
    const progress = progressByNumber(
      this.#read("progress", progressRows),
      this.#read("troubles", troubleRows),
    );
    return {
      batches: this.#read("batches", batchRows).map((batch) => ({
        batch,
        progress: progress.get(batch.number),
      })),
      origins: this.#read("origins", originRows),
      keys: this.#read("keys", keyRows),
      deadLetters: this.#read("dead_letters", deadLetterRows),
      doubts: this.#read("doubts", doubtRows),
    };
  }

  #read<Item>(table: TableName, codec: RowCodec<Item>): readonly Item[] {
    const items: Item[] = [];
    for (const row of this.#lists[table].splice(0)) {
      try {
        items.push(codec.fromRow(row, this.#clock));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#onBadRow({ table, key: keyOf(table, row), reason });
      }
    }
    return items;
  }
}

/** `parts` by ascending part, as they are read. */
export function progressByNumber(
  standings: readonly Standing[],
  parts: readonly TroublesOfPart[],
): ReadonlyMap<number, BatchProgress> {
  const byNumber = new Map<number, BatchProgress & { parts: number[]; troubles: JournaledTrouble[] }>();
  for (const standing of standings) byNumber.set(standing.number, { ...standing, parts: [], troubles: [] });
  for (const { number, part, troubles } of parts) {
    // The row that they belong to was lost, with a damaged journal.
    const progress = byNumber.get(number) ?? {
      number,
      sink: undefined,
      settled: [],
      parts: [],
      troubles: [],
    };
    byNumber.set(number, progress);
    progress.parts.push(part);
    progress.troubles.push(...troubles);
  }
  return byNumber;
}
