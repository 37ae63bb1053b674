/**
 * What one turn makes final: results and the marks of the duplicate window. A store takes all of it or nothing, because
 * a result without its mark would be stored twice, and a mark without its result would lose it.
 */
import type { Origin } from "@tq/common";
import type { DuplicateWindow } from "./duplicate-window.ts";
import { forEachRunOf, type Rows } from "./result-batch.ts";

export interface StoreChange {
  readonly results: readonly Rows[];
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

/** Gathers one turn's change. */
export class ChangeBuilder {
  #results: Rows[] = [];
  #lowMarks: LowMarkOf[] = [];
  #closed: Origin[] = [];

  commit(rows: Rows): void {
    this.#results.push(rows);
  }

  raise(mark: LowMarkOf): void {
    this.#lowMarks.push(mark);
  }

  close(origin: Origin): void {
    this.#closed.push(origin);
  }

  /** Nothing if nothing changed. Starts anew. */
  take(): StoreChange | undefined {
    if (this.#results.length + this.#lowMarks.length + this.#closed.length === 0) return undefined;
    const change = { results: this.#results, lowMarks: this.#lowMarks, closed: this.#closed };
    this.#results = [];
    this.#lowMarks = [];
    this.#closed = [];
    return change;
  }
}
