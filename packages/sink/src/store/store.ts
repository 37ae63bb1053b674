/**
 * The port of a result store: where outcomes become final.
 *
 * The memory store is one implementation, a database another; both pass the tests of `store-conformance.test-support.ts`.
 */
import type { WindowSnapshot } from "../core/duplicate-window.ts";
import type { StoreChange } from "../core/store-change.ts";

export interface ResultStore {
  /** The sink's stable id: the same whenever this store is opened. */
  readonly id: string;
  /** What a sink has to remember of what was committed here: asked for once, at its start. */
  restore(): WindowSnapshot;
  /**
   * Makes all of this final, or, by throwing, none of it. Called at most once per turn of the sink, with everything that
   * the turn made final; nothing of it is acknowledged to anybody before this returns. The rows' slabs may be kept; nobody
   * writes to them.
   */
  commit(change: StoreChange): void;
  /** Nothing is committed after it. Harmless twice. */
  close(): void;
}
