/** What a sink and its store's thread say to each other: results as the columns they came in, in memory that is given away. */
import type { Origin, OutcomeStatus } from "@tq/common";
import type { Parcel, StorageTypes } from "@tq/common/sqlite";
import type { IdRuns, SparseColumn } from "@tq/common/wire";
import type { WindowSnapshot } from "../../core/duplicate-window.ts";
import { keepRows, type Rows } from "../../core/result-batch.ts";
import type { LowMarkOf, StoreChange } from "../../core/store-change.ts";

/** Rows of one batch, all of them to be written. */
export interface RowsToStore {
  readonly task: string;
  readonly contract: string | undefined;
  readonly outcome: OutcomeStatus;
  readonly worker: string | undefined;
  readonly ids: IdRuns;
  readonly attempts: SparseColumn<number> | undefined;
  readonly traceparent: SparseColumn<string> | undefined;
  readonly durationsUs: Float64Array | undefined;
  readonly lengths: Float64Array;
  readonly slab: Uint8Array;
  readonly attachments:
    | { readonly at: readonly number[]; readonly frames: readonly Uint8Array[] }
    | undefined;
}

/** How far a consumer has read. */
export interface Cursor {
  readonly consumer: string;
  /** Empty: all that no other cursor of this consumer is about. */
  readonly task: string;
  /** Empty: of each. */
  readonly contract: string;
  /** Everything up to this number is done with. */
  readonly n: number;
  /** The consumer's own, saved with it. */
  readonly note: number | undefined;
}

export type StoreWrite =
  | {
      readonly type: "change";
      readonly results: readonly RowsToStore[];
      readonly pushed: readonly RowsToStore[];
      readonly lowMarks: readonly LowMarkOf[];
      readonly closed: readonly Origin[];
    }
  | { readonly type: "cursors"; readonly cursors: readonly Cursor[] }
  /** Results of before this instant, milliseconds of the wall clock, and up to this number: the oldest ones, some at a time. */
  | { readonly type: "expire"; readonly before: number; readonly through: number };

export interface StoreTypes extends StorageTypes {
  readonly settings: { readonly file: string; readonly closedOriginsMax: number };
  readonly opened: {
    readonly sink: string;
    readonly window: WindowSnapshot;
    readonly cursors: readonly Cursor[];
  };
  readonly content: never;
  readonly change: StoreWrite;
  readonly query: never;
  readonly answer: never;
}

/** Copies the values once: the batch stays with whoever has it, and is small beside the block of memory that it may be in. */
export function parcelOf(change: StoreChange): Parcel<StoreWrite> {
  const transfer: ArrayBuffer[] = [];
  const own = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(bytes);
    transfer.push(copy.buffer);
    return copy;
  };
  const pack = (rows: Rows): RowsToStore => {
    const { batch, from, to } = rows;
    const isWhole = from === 0 && to === batch.count;
    const { name, contract, outcome, worker, ids, attempts, traceparent, durationsUs, values } = isWhole
      ? batch
      : keepRows(batch, [from, to]);
    const { lengths, slab, attachments } = values;
    return {
      task: name,
      contract,
      outcome,
      worker,
      ids,
      attempts,
      traceparent,
      durationsUs: durationsUs && Float64Array.from(durationsUs),
      lengths: Float64Array.from(lengths),
      slab: own(slab),
      attachments: attachments && { at: attachments.at, frames: attachments.frames.map(own) },
    };
  };
  const { lowMarks, closed } = change;
  const results = change.results.map(pack);
  const pushed = change.pushed.map(pack);
  return { value: { type: "change", results, pushed, lowMarks, closed }, transfer };
}
