/**
 * The port of a result store: where outcomes become final.
 *
 * The memory store is one implementation, a database another; both pass the tests of `store-conformance.test-support.ts`.
 */
import type { TqError } from "@tq/common";
import type { WindowSnapshot } from "../core/duplicate-window.ts";
import type { StoreChange } from "../core/store-change.ts";

/** Whoever writes to a store, as the store sees it. */
export interface StoreListener {
  /** Every change up to this number is there to stay. */
  persisted(through: number): void;
  /** There was no room: of the changes up to this number that are not persisted, nothing is there. They may be tried again. */
  full(through: number): void;
  /** Results have expired that a consumer had not read. */
  expiredUnread?(unread: { readonly consumer: string; readonly task: string; readonly count: number }): void;
  /** Whether anything that is not persisted is there cannot be known; nothing is written any more. Told once. */
  failed(error: TqError): void;
}

export interface ResultStore {
  /** The sink's stable id: the same whenever this store is opened. */
  readonly id: string;
  /** What a sink has to remember of what was committed here: asked for once, at its start. */
  restore(): WindowSnapshot;
  /** Who is told from now on. Before the first write. */
  listen(listener: StoreListener): void;
  /**
   * Makes all of this final, or nothing, and tells the listener, at the earliest from inside this call. Numbers grow by one
   * from the listener's first. The rows' slabs may be kept; nobody writes to them.
   */
  write(number: number, change: StoreChange): void;
  /** Resolves when what was written by now has been answered and the medium is free. Nothing is told after it. Harmless twice. */
  close(): Promise<void>;
}
