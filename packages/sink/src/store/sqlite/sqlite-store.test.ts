import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StorageFaults } from "@tq/common/sqlite";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { describeResultStore, nothing, origin, rowsOf, writeAll } from "../store-conformance.test-support.ts";
import { SqliteStore } from "./sqlite-store.ts";

// Each test starts threads, which on a busy machine takes seconds.
vi.setConfig({ testTimeout: 30_000 });

describeResultStore("SQLite", () => {
  const folder = mkdtempSync(join(tmpdir(), "tq-store-"));
  const opened: SqliteStore[] = [];
  return {
    open: async () => {
      const store = await SqliteStore.open({ file: join(folder, "results.db") });
      opened.push(store);
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((store) => store.close()));
      rmSync(folder, { recursive: true });
    },
  };
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-store-"));
  file = join(folder, "results.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const seqsIn = (store: SqliteStore): number[] =>
  store.results
    .page({ after: 0, wants: () => true })
    .batches.flatMap(({ batch: { ids } }) => ids.runs.flatMap((of, at) => (at % 3 === 1 ? [of] : [])));

test("what was refused for want of room is not there in any part, and is there once when it fits", async () => {
  const faults = new StorageFaults();
  const store = await SqliteStore.open({ file, faults });
  const told: string[] = [];
  store.listen({
    persisted: (through) => told.push(`persisted ${through}`),
    full: (through) => told.push(`full ${through}`),
    failed: ({ code }) => told.push(code),
  });
  faults.fault = "full";
  const change = { ...nothing, results: [rowsOf(5, 1, "failed")], lowMarks: [{ origin, below: 3 }] };
  store.write(1, change);
  const cursor = store.cursors.create({ consumer: "main", task: "", contract: "" }, 7);
  await expect.poll(() => told, { timeout: 10_000 }).toContain("full 1");
  expect(seqsIn(store)).toEqual([]);
  faults.fault = "none";
  store.write(2, change);
  await cursor.saved();
  await expect.poll(() => told, { timeout: 10_000 }).toContain("persisted 2");
  await store.close();

  const again = await SqliteStore.open({ file });
  expect(seqsIn(again)).toEqual([5]);
  expect(again.restore().origins).toEqual([{ origin, below: 3, committed: [5, 1], others: [[5, "failed"]] }]);
  expect(again.cursors.find(cursor.key)?.n).toBe(7);
  await again.close();
});

test("closing does not wait for a full disk, and says so to who waits for a place to be saved", async () => {
  const faults = new StorageFaults();
  const store = await SqliteStore.open({ file, faults });
  faults.fault = "full";
  const cursor = store.cursors.create({ consumer: "main", task: "", contract: "" }, 7);
  const before = cursor.saved();
  const closed = expect.objectContaining({ code: "TQ_ERR_CLOSED" });
  await Promise.all([store.close(), expect(before).rejects.toThrow(closed)]);
  await expect(cursor.saved()).rejects.toThrow(closed);
});

test("a copy taken while it is written, as a power loss leaves one, has all that was persisted", async () => {
  const store = await SqliteStore.open({ file });
  await writeAll(store, [{ results: [rowsOf(1, 3)] }]);
  const copy = join(folder, "copy.db");
  for (const end of ["", "-wal"]) copyFileSync(`${file}${end}`, `${copy}${end}`);
  const found = await SqliteStore.open({ file: copy });
  expect(found.restore().origins).toMatchObject([{ committed: [1, 3] }]);
  await found.close();
  await store.close();
});

test("ranges that make no sense are damage, too", async () => {
  const store = await SqliteStore.open({ file });
  await writeAll(store, [{ results: [rowsOf(1, 3)] }]);
  await store.close();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill("[1,-]", bytes.lastIndexOf("[1,3]"), bytes.lastIndexOf("[1,3]") + 5));
  await expect(SqliteStore.open({ file })).rejects.toMatchObject({
    code: "TQ_ERR_STORAGE_CORRUPT",
    message: expect.stringContaining(origin),
  });
});

test("one wrong digit in what is known of ids is noticed", async () => {
  const store = await SqliteStore.open({ file });
  await writeAll(store, [{ results: [rowsOf(1, 3)] }]);
  await store.close();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill("[1,4]", bytes.lastIndexOf("[1,3]"), bytes.lastIndexOf("[1,3]") + 5));
  await expect(SqliteStore.open({ file })).rejects.toMatchObject({
    code: "TQ_ERR_STORAGE_CORRUPT",
    message: expect.stringContaining(origin),
  });
});

test("a store whose window is damaged does not start, and names the file", async () => {
  const store = await SqliteStore.open({ file });
  await writeAll(store, [{ results: [rowsOf(1, 3)] }]);
  await store.close();
  const bytes = readFileSync(file);
  const at = bytes.lastIndexOf("[1,3]");
  expect(at).toBeGreaterThan(0);
  const page = Math.floor(at / 4096) * 4096;
  writeFileSync(file, bytes.fill(0xff, page, page + 100));
  await expect(SqliteStore.open({ file })).rejects.toMatchObject({
    code: "TQ_ERR_STORAGE_CORRUPT",
    message: expect.stringContaining(file),
  });
});
