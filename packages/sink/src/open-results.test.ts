import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { traceIdOf } from "@tq/common";
import { encodeValues } from "@tq/common/wire";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ResultBatch } from "./core/result-batch.ts";
import { openResults, type ResultsQuery } from "./open-results.ts";
import { SqliteStore } from "./store/sqlite/sqlite-store.ts";
import { origin, writeAll } from "./store/store-conformance.test-support.ts";

// Each test starts threads, which on a busy machine takes seconds.
vi.setConfig({ testTimeout: 30_000 });

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const code = (expected: string) => expect.objectContaining({ code: expected });

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-results-"));
  file = join(folder, "results.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const batch = (first: number, count: number, overrides: Partial<ResultBatch> = {}): ResultBatch => ({
  name: "double",
  contract: "v1",
  outcome: "completed",
  count,
  ids: { origins: [origin], runs: [0, first, count] },
  attempts: undefined,
  traceparent: undefined,
  durationsUs: new Array(count).fill(1500),
  values: encodeValues(Array.from({ length: count }, (_, row) => first + row)),
  worker: "w",
  ...overrides,
});

async function fill(...batches: ResultBatch[]): Promise<void> {
  const store = await SqliteStore.open({ file });
  await writeAll(store, [{ results: batches.map((of) => ({ batch: of, from: 0, to: of.count })) }]);
  await store.close();
}

const seqs = (query: ResultsQuery): number[] => {
  using results = openResults(file);
  return Array.from(results.query(query), ({ taskId }) => Number(taskId.split("-")[1]));
};

test("a result comes out with all that is known of it", async () => {
  const before = Date.now();
  await fill(batch(7, 1, { attempts: { at: [0], values: [3] } }));
  using results = openResults(file);
  const [result] = results.query();
  expect(result).toMatchObject({
    taskId: `${origin}-7`,
    traceId: traceIdOf(origin, 7),
    task: "double",
    attempt: 3,
    outcome: "completed",
    output: 7,
    worker: "w",
    durationMs: 1.5,
  });
  expect(result?.committedAt.getTime()).toBeGreaterThanOrEqual(before);
});

test("results are found by task, outcome, id, trace id and time, all conditions together", async () => {
  const error = encodeValues([{ name: "Error", message: "no" }]);
  await fill(
    batch(1, 3),
    batch(4, 2, { name: "other", traceparent: { at: [1], values: [traceparent] } }),
    batch(6, 1, { outcome: "failed", values: error }),
  );
  expect(seqs({})).toEqual([1, 2, 3, 4, 5, 6]);
  expect(seqs({ task: "other" })).toEqual([4, 5]);
  expect(seqs({ outcome: "failed" })).toEqual([6]);
  expect(seqs({ task: "other", outcome: "failed" })).toEqual([]);
  expect(seqs({ taskId: `${origin}-2` })).toEqual([2]);
  expect(seqs({ traceId: traceIdOf(origin, 3) })).toEqual([3]);
  expect(seqs({ traceId: traceIdOf(origin, 5, traceparent) })).toEqual([5]);
  expect(seqs({ traceId: traceIdOf(origin, 5) })).toEqual([]);
  expect(seqs({ since: new Date(0), until: new Date(Date.now() + 1_000) })).toHaveLength(6);
  expect(seqs({ until: new Date(0) })).toEqual([]);
  expect(seqs({ since: new Date(Date.now() + 60_000) })).toEqual([]);
  expect(seqs({ limit: 2 })).toEqual([1, 2]);
});

test("more than a page comes whole and in order", async () => {
  await fill(batch(1, 1_500), batch(1_501, 1_700));
  expect(seqs({})).toEqual(Array.from({ length: 3_200 }, (_, index) => index + 1));
});

test("a trace of many tasks comes whole and in order, with the task whose own trace it is among them", async () => {
  const traceId = traceIdOf(origin, 1_300);
  const values = new Array<string>(1_200).fill(`00-${traceId}-b7ad6b7169203331-01`);
  const ofTrace = { traceparent: { at: Array.from(values.keys()), values } };
  await fill(
    batch(1, 1_200, ofTrace),
    batch(1_201, 100),
    batch(1_301, 1_200, { ...ofTrace, outcome: "expired" }),
  );
  const expected = [...Array.from({ length: 1_200 }, (_, index) => index + 1), 1_300];
  expect(seqs({ traceId, outcome: "completed" })).toEqual(expected);
  expect(seqs({ traceId })).toHaveLength(2_401);
  expect(seqs({ traceId, limit: 1_201 })).toEqual(expected);
});

test("a result in which one byte is another one by now comes as failed, and no other does", async () => {
  await fill(batch(1, 3, { values: encodeValues(["first", "second", "third"]) }));
  const bytes = readFileSync(file);
  const at = bytes.indexOf("second");
  expect(bytes.indexOf("second", at + 1)).toBe(-1);
  writeFileSync(file, bytes.fill("S", at, at + 1));
  using results = openResults(file);
  expect([...results.query()]).toMatchObject([
    { output: "first" },
    { outcome: "failed", error: { code: "TQ_ERR_UNDECODABLE" } },
    { output: "third" },
  ]);
});

test("a store is read while a sink writes it", async () => {
  const store = await SqliteStore.open({ file });
  await writeAll(store, [{ results: [{ batch: batch(1, 2), from: 0, to: 2 }] }]);
  expect(seqs({})).toEqual([1, 2]);
  await store.close();
});

test("a query that makes no sense is refused at once", async () => {
  await fill();
  using results = openResults(file);
  const queries: ResultsQuery[] = [
    { outcome: "done" as never },
    { taskId: "7" },
    { traceId: "xyz" },
    { limit: 0 },
    { since: new Date(Number.NaN) },
    { name: "x" } as never,
  ];
  for (const query of queries) expect(() => results.query(query)).toThrow(code("TQ_ERR_INVALID_OPTION"));
});

test("what is no store is refused", () => {
  expect(() => openResults(join(folder, "none.db"))).toThrow(code("TQ_ERR_STORAGE_FAILED"));
});
