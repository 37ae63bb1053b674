/**
 * What is to become final: results and the marks of the duplicate window. A store takes all of it or nothing, because
 * a result without its mark would be stored twice, and a mark without its result would lose it.
 */
import type { Origin } from "@tq/common";
import type { DuplicateWindow } from "./duplicate-window.ts";
import { forEachRunOf, type Rows } from "./result-batch.ts";

export interface StoreChange {
  /** Of the credit lane. */
  readonly results: readonly Rows[];
  /** Of the push lane: nobody offers them twice, so the window does not have them. */
  readonly pushed: readonly Rows[];
  readonly lowMarks: readonly LowMarkOf[];
  readonly closed: readonly Origin[];
}

export interface LowMarkOf {
  readonly origin: Origin;
  /** No seq below it will be sent again. */
  readonly below: number;
}

/** Brings a window up to date with a change: for a store that keeps one. */
export function applyChange(window: DuplicateWindow, { results, lowMarks, closed }: StoreChange): void {
  for (const rows of results) {
    const { outcome } = rows.batch;
    forEachRunOf(rows, (run) => window.commitRun(run, outcome));
  }
  for (const { origin, below } of lowMarks) window.raise(origin, below);
  for (const origin of closed) window.close(origin);
}
