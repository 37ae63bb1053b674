/** What every result store must do: one suite for all of them. */
import type { OutcomeStatus } from "@tq/common";
import { encodeValues } from "@tq/common/wire";
import { describe, expect, test, vi } from "vitest";
import { DuplicateWindow } from "../core/duplicate-window.ts";
import type { Rows } from "../core/result-batch.ts";
import type { StoreChange } from "../core/store-change.ts";
import type { ResultStore } from "./store.ts";

/** One store's medium: an in-memory object, a file, … Disposed of after the test, with every store that was opened. */
export interface StoreHarness extends AsyncDisposable {
  /** Opens the store over the medium: the first time, and again after a close. */
  open(): Promise<ResultStore>;
}

export const origin = "00000000000000aa";
export const nothing: StoreChange = { results: [], pushed: [], lowMarks: [], closed: [] };

export const rowsOf = (first: number, count: number, outcome: OutcomeStatus = "completed"): Rows => ({
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

/** Writes all of it, and waits until it is persisted. */
export async function writeAll(store: ResultStore, changes: readonly Partial<StoreChange>[]): Promise<void> {
  const persisted: number[] = [];
  const unwanted = vi.fn();
  store.listen({ persisted: (through) => persisted.push(through), full: unwanted, failed: unwanted });
  for (const [index, change] of changes.entries()) store.write(index + 1, { ...nothing, ...change });
  await expect.poll(() => persisted.at(-1) ?? 0, { timeout: 10_000 }).toBe(changes.length);
  expect(unwanted).not.toHaveBeenCalled();
}

async function reopened(harness: StoreHarness, ...changes: Partial<StoreChange>[]): Promise<ResultStore> {
  const store = await harness.open();
  await writeAll(store, changes);
  await store.close();
  return harness.open();
}

export function describeResultStore(name: string, createHarness: () => StoreHarness): void {
  describe(`the ${name} store`, () => {
    testsOfMemory(createHarness);
    testsOfForgetting(createHarness);
  });
}

function testsOfMemory(createHarness: () => StoreHarness): void {
  test("has one id over its openings, and another has another", async () => {
    await using one = createHarness();
    await using other = createHarness();
    const first = await one.open();
    await first.close();
    expect((await one.open()).id).toBe(first.id);
    expect((await other.open()).id).not.toBe(first.id);
  });

  test("knows nothing at first", async () => {
    await using harness = createHarness();
    expect((await harness.open()).restore()).toEqual({ origins: [], closed: [] });
  });

  test("remembers exactly the committed rows, and their outcome", async () => {
    await using harness = createHarness();
    const store = await reopened(
      harness,
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

  test("goes on from what it remembers", async () => {
    await using harness = createHarness();
    const store = await reopened(harness, { results: [rowsOf(1, 2), rowsOf(5, 1, "failed")] });
    await writeAll(store, [{ results: [rowsOf(3, 2), rowsOf(6, 1, "expired")] }]);
    await store.close();
    expect((await harness.open()).restore().origins).toEqual([
      {
        origin,
        below: 1,
        committed: [1, 6],
        others: [
          [5, "failed"],
          [6, "expired"],
        ],
      },
    ]);
  });

  test("does not count what was pushed among what may be offered again", async () => {
    await using harness = createHarness();
    const store = await reopened(harness, { pushed: [rowsOf(1, 4)] });
    expect(store.restore()).toEqual({ origins: [], closed: [] });
  });
}

function testsOfForgetting(createHarness: () => StoreHarness): void {
  test("forgets single outcomes below a mark, and keeps the mark", async () => {
    await using harness = createHarness();
    const store = await reopened(
      harness,
      { results: [rowsOf(1, 4, "dead"), rowsOf(5, 2, "dead")] },
      { lowMarks: [{ origin, below: 5 }] },
      { lowMarks: [{ origin, below: 3 }] },
    );
    expect(standings(store, [1, 4, 5, 7])).toEqual(["completed", "completed", "dead", "fresh"]);
    expect(store.restore().origins).toMatchObject([{ below: 5, committed: [5, 2] }]);
  });

  test("forgets all of a closed origin but that it is closed", async () => {
    await using harness = createHarness();
    const store = await reopened(harness, { results: [rowsOf(1, 4, "failed")] }, { closed: [origin] });
    expect(store.restore()).toEqual({ origins: [], closed: [origin] });
  });
}
