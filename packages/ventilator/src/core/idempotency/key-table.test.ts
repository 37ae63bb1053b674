import { expect, test } from "vitest";
import type { JournaledKey } from "../journal/journal-port.ts";
import { KeyTable, type TakenKey } from "./key-table.ts";

const taken = (key: string, options: Partial<TakenKey> = {}): TakenKey => ({
  task: "work",
  key,
  origin: "00000000000000a1",
  seq: 1,
  hash: "",
  traceparent: undefined,
  keptMs: 100,
  state: "live",
  until: Number.POSITIVE_INFINITY,
  ...options,
});

class Recorder {
  readonly kept: JournaledKey[] = [];
  readonly forgotten: string[] = [];
  keepKey(key: JournaledKey): void {
    this.kept.push(key);
  }
  forgetKey({ key }: { key: string }): void {
    this.forgotten.push(key);
  }
}

const tableOf = (settledMax: number) => {
  const recorder = new Recorder();
  return { recorder, table: new KeyTable({ settledMax, recorder }) };
};

test("beyond the bound the key is forgotten whose task ended first, and never one that is in use", () => {
  const { table, recorder } = tableOf(2);
  const keys = ["a", "b", "c", "d"].map((key) => taken(key, { keptMs: key === "b" ? 10 : 1_000 }));
  for (const key of keys) table.take(key);
  for (const [index, key] of keys.slice(0, 3).entries()) table.settle(index, key);
  const found = ["a", "b", "c", "d"].map((key) => table.find(3, "work", key) !== undefined);
  expect(found).toEqual([false, true, true, true]);
  expect(recorder.forgotten).toEqual(["a"]);
  expect(table.stats).toEqual({ live: 1, settled: 2, forgotten: 1 });
});

test("is over at its time, whether anybody has looked or not, and the journal lets go of it", () => {
  const { table, recorder } = tableOf(10);
  const key = taken("a");
  table.take(key);
  table.settle(0, key);
  expect(recorder.kept).toMatchObject([{ key: "a", keptUntil: 100 }]);
  expect([table.find(99, "work", "a")?.seq, table.find(100, "work", "a")]).toEqual([1, undefined]);
  expect(table.wakeAt()).toBe(100);
  table.wake(100);
  expect(recorder.forgotten).toEqual(["a"]);
  expect([table.stats.settled, table.wakeAt()]).toEqual([0, Number.POSITIVE_INFINITY]);
});

test("who takes a key whose time is over has it, and the end of the one before does not end it", () => {
  const { table, recorder } = tableOf(10);
  const first = taken("a");
  table.take(first);
  table.settle(0, first);
  const second = taken("a", { seq: 2 });
  table.take(second);
  expect(recorder.forgotten).toEqual(["a"]);
  table.wake(1_000);
  expect(table.find(1_000, "work", "a")).toBe(second);
});

test("many that come and go early leave nothing behind in what is due", () => {
  const { table } = tableOf(10);
  for (let seq = 1; seq <= 100_000; seq++) {
    const key = taken(`k${seq}`, { seq, keptMs: 3_600_000 });
    table.take(key);
    table.settle(0, key);
  }
  expect(table.stats).toEqual({ live: 0, settled: 10, forgotten: 99_990 });
  expect(table.dueEntries).toBeLessThan(2_000);
});

test("what a journal kept comes back until its time, unless a task of the journal has the key by now", () => {
  const { table, recorder } = tableOf(10);
  table.take(taken("live", { seq: 9 }));
  const { keptMs: _, state: __, until: ___, ...kept } = taken("");
  table.restore(
    50,
    ["live", "kept", "over"].map((key) => ({ ...kept, key, keptUntil: key === "over" ? 40 : 60 })),
  );
  expect(recorder.forgotten.toSorted()).toEqual(["live", "over"]);
  expect(table.find(50, "work", "live")?.seq).toBe(9);
  expect(table.find(59, "work", "kept")?.seq).toBe(1);
  expect(table.find(60, "work", "kept")).toBeUndefined();
});
