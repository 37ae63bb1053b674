import type { Result } from "@tq/common";
import { expect, test } from "vitest";
import type { FileCounts } from "./count-words.ts";
import { TotalsBuilder } from "./totals.ts";

function counted(counts: Record<string, number>, rest: Partial<Result<FileCounts>> = {}): Result<FileCounts> {
  const words = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const output = { bytes: 10, words, counts: new Map(Object.entries(counts)) };
  const identity = { taskId: "0-1", traceId: "f", task: "t", attempt: 1, durationMs: 1, worker: "one" };
  return { ...identity, outcome: "completed", output, ...rest } as Result<FileCounts>;
}

test("the top is by count, then alphabetically, and twenty at most", () => {
  const totals = new TotalsBuilder();
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`w${String.fromCharCode(97 + index)}`, 1]),
  );
  totals.add(counted({ ...many, zebra: 2 }));
  totals.add(counted({ apple: 2, zebra: 1 }));
  const { top, distinct, words, bytes, files } = totals.build();
  expect(top.slice(0, 4)).toEqual([
    ["zebra", 3],
    ["apple", 2],
    ["wa", 1],
    ["wb", 1],
  ]);
  expect(top).toHaveLength(20);
  expect({ distinct, words, bytes, files }).toEqual({ distinct: 32, words: 35, bytes: 20, files: 2 });
});

test("with fewer words than the top has room for, all are in it", () => {
  const totals = new TotalsBuilder();
  totals.add(counted({ b: 1, a: 1 }));
  expect(totals.build().top).toEqual([
    ["a", 1],
    ["b", 1],
  ]);
});

test("a failed result is no file, but counts as a result", () => {
  const totals = new TotalsBuilder();
  totals.add(counted({ a: 1 }, { outcome: "failed", error: { name: "Error", message: "gone" } } as never));
  expect(totals.results).toBe(1);
  expect(totals.build()).toMatchObject({
    files: 0,
    words: 0,
    failures: [{ taskId: "0-1", message: "gone" }],
  });
});

test("each worker has its share, whichever attempt it was", () => {
  const totals = new TotalsBuilder();
  totals.add(counted({}));
  totals.add(counted({}, { attempt: 3 }));
  totals.add(counted({}, { worker: "two" } as never));
  const { perWorker } = totals.build();
  expect([...perWorker]).toEqual([
    ["one", 2],
    ["two", 1],
  ]);
});
