import { forEachId } from "@tq/common/protocol";
import { decodeValues, encodeValues } from "@tq/common/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf, forEachRunOf, keepRows, type ResultBatch } from "./result-batch.ts";

/** Rows of two origins whose every column can be told from the value. */
const batchOf = (count: number): ResultBatch => {
  const rows = Array.from({ length: count }, (_, row) => row);
  const odd = rows.filter((row) => row % 2 === 1);
  const split = Math.floor(count / 2);
  return {
    name: "double",
    contract: undefined,
    outcome: "completed",
    count,
    ids: { origins: ["a", "b"], runs: [0, 1, split, 1, split + 1, count - split] },
    attempts: { at: odd, values: odd.map((row) => row + 100) },
    traceparent: { at: odd.slice(0, 1), values: odd.slice(0, 1).map(String) },
    durationsUs: rows.map((row) => row * 10),
    values: encodeValues(rows.map((row) => "x".repeat(row))),
    worker: "w",
  };
};

/** Row by row: seq, attempt, traceparent, duration, length of the value. */
const table = (batch: ResultBatch): unknown[][] => {
  const sparse = <V>(column: { at: readonly number[]; values: readonly V[] } | undefined, row: number) =>
    column?.values[column.at.indexOf(row)];
  const values = decodeValues(batch.values);
  const rows: unknown[][] = [];
  forEachId(batch.ids, (origin, seq, row) => {
    const value = values[row];
    rows.push([
      origin,
      seq,
      sparse(batch.attempts, row),
      sparse(batch.traceparent, row),
      batch.durationsUs?.[row],
      typeof value === "string" ? value.length : undefined,
    ]);
  });
  return rows;
};

const rowsAndChoice = fc
  .integer({ min: 2, max: 40 })
  .chain((count) =>
    fc.tuple(fc.constant(count), fc.array(fc.boolean(), { minLength: count, maxLength: count })),
  );

test("keeps the chosen rows with every column of theirs, and nothing of the others", () => {
  fc.assert(
    fc.property(rowsAndChoice, ([count, isChosen]) => {
      const batch = batchOf(count);
      const kept: number[] = [];
      isChosen.forEach((chosen, row) => {
        if (!chosen) return;
        if (kept.at(-1) === row) kept[kept.length - 1] = row + 1;
        else kept.push(row, row + 1);
      });
      const smaller = keepRows(batch, kept);
      expect(table(smaller)).toEqual(table(batch).filter((_, row) => isChosen[row]));
      expect(smaller.count).toBe(isChosen.filter(Boolean).length);
    }),
    { seed: 20261121 },
  );
});

test("visits the runs of a range of rows, cut at its ends", () => {
  const runs: unknown[] = [];
  forEachRunOf({ batch: batchOf(10), from: 3, to: 7 }, (run) => runs.push(run));
  expect(runs).toEqual([
    { origin: "a", first: 4, count: 2, position: 3 },
    { origin: "b", first: 6, count: 2, position: 5 },
  ]);
});

test("counts the bytes of a range of rows", () => {
  const batch = batchOf(10);
  expect(bytesOf({ batch, from: 0, to: 4 }) + bytesOf({ batch, from: 4, to: 10 })).toBe(
    batch.values.slab.length,
  );
  expect(bytesOf({ batch, from: 2, to: 3 })).toBe(3);
});
