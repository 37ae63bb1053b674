/** What every result store must do: one suite for all of them. */
import type { OutcomeStatus } from "@tq/common";
import { encodeValues } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import { DuplicateWindow } from "../core/duplicate-window.ts";
import type { Rows } from "../core/result-batch.ts";
import type { StoreChange } from "../core/store-change.ts";
import type { ResultStore } from "./store.ts";

/** One store's medium: an in-memory object, a file, … */
export interface StoreHarness {
  /** Opens the store over the medium: the first time, and again after a close. */
  open(): ResultStore;
}

const origin = "00000000000000aa";
const nothing: StoreChange = { results: [], lowMarks: [], closed: [] };

const rowsOf = (first: number, count: number, outcome: OutcomeStatus = "completed"): Rows => ({
  batch: {
    name: "double",
    contract: "v1",
    outcome,
    count: count + 2,
    ids: { origins: [origin], runs: [0, first - 1, count + 2] },
    attempts: undefined,
    traceparent: undefined,
    durationsUs: undefined,
    values: encodeValues(new Array(count + 2).fill("value")),
    worker: "w",
  },
  // A row at each end that is not final, so that a store which takes whole batches is found out.
  from: 1,
  to: count + 1,
});

const standings = (store: ResultStore, seqs: readonly number[]): string[] => {
  const window = new DuplicateWindow(10, store.restore());
  return seqs.map((seq) => window.offer(origin, seq));
};

export function describeResultStore(name: string, createHarness: () => StoreHarness): void {
  describe(`the ${name} store`, () => {
    const reopened = (...changes: Partial<StoreChange>[]): ResultStore => {
      const harness = createHarness();
      const store = harness.open();
      for (const change of changes) store.commit({ ...nothing, ...change });
      store.close();
      return harness.open();
    };

    test("has one id over its openings, and another has another", () => {
      const [one, other] = [createHarness(), createHarness()];
      expect(one.open().id).toBe(one.open().id);
      expect(one.open().id).not.toBe(other.open().id);
    });

    test("knows nothing at first", () => {
      expect(createHarness().open().restore()).toEqual({ origins: [], closed: [] });
    });

    test("remembers exactly the committed rows, and their outcome", () => {
      const store = reopened(
        { results: [rowsOf(5, 3), rowsOf(10, 1, "failed")] },
        { results: [rowsOf(20, 2)] },
      );
      expect(standings(store, [4, 5, 7, 8, 9, 10, 11, 20, 21, 22])).toEqual([
        "fresh",
        "completed",
        "completed",
        "fresh",
        "fresh",
        "failed",
        "fresh",
        "completed",
        "completed",
        "fresh",
      ]);
    });

    test("forgets single outcomes below a mark, and keeps the mark", () => {
      const store = reopened(
        { results: [rowsOf(1, 4, "dead"), rowsOf(5, 2, "dead")] },
        { lowMarks: [{ origin, below: 5 }] },
        { lowMarks: [{ origin, below: 3 }] },
      );
      expect(standings(store, [1, 4, 5, 7])).toEqual(["completed", "completed", "dead", "fresh"]);
      expect(store.restore().origins).toMatchObject([{ below: 5, committed: [5, 2] }]);
    });

    test("forgets all of a closed origin but that it is closed", () => {
      const store = reopened({ results: [rowsOf(1, 4, "failed")] }, { closed: [origin] });
      expect(store.restore()).toEqual({ origins: [], closed: [origin] });
    });
  });
}
