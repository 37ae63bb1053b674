import { expect, test } from "vitest";
import type { Consumer } from "./consumer.ts";
import { RecordTable } from "./record-table.ts";

const consumer = { settings: undefined } as Consumer;
const other = { settings: undefined } as Consumer;

test("seqs count from 1, and each is taken once, with its slot", () => {
  const table = new RecordTable("00000000000000a1");
  for (let n = 0; n < 3_000; n++) expect(table.add(n % 2 === 0 ? consumer : other, n)).toBe(n + 1);
  for (const seq of [3_000, 1, 1_024, 1_025, 2_048]) {
    expect(table.take(seq)).toBe(seq % 2 === 1 ? consumer : other);
    expect(table.takenSlot).toBe(seq - 1);
    expect(table.take(seq)).toBeUndefined();
  }
  expect(table.live).toBe(2_995);
  expect(table.take(3_001)).toBeUndefined();
  expect(table.take(0)).toBeUndefined();
});

test("what is left behind one task that never ends is forgotten page by page", () => {
  const table = new RecordTable("00000000000000a1");
  const first = table.add(consumer, 7);
  for (let n = 0; n < 100_000; n++) table.take(table.add(other, n));
  expect(table.pageCount).toBeLessThanOrEqual(2);
  expect(table.seqs()).toEqual([first]);
  expect(table.take(first)).toBe(consumer);
  expect(table.takenSlot).toBe(7);
});
