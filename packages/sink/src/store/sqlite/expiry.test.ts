import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DuplicateWindow } from "../../core/duplicate-window.ts";
import { StoreReaders } from "../../store-readers.ts";
import { origin, rowsOf, writeAll } from "../store-conformance.test-support.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { expiryStep } from "./store-file.ts";

// Each test starts threads, which on a busy machine takes seconds.
vi.setConfig({ testTimeout: 30_000 });

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-expiry-"));
  file = join(folder, "results.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const numbers = (store: SqliteStore): number[] =>
  store.results.page({ after: 0, wants: () => true }).batches.flatMap((batch) => batch.numbers);

describe("results", () => {
  test("are gone when their time is over, and their ids are known for longer", async () => {
    const count = 2 * expiryStep + 100;
    const first = await SqliteStore.open({ file });
    await writeAll(first, [{ results: [rowsOf(2, count)] }]);
    await first.close();

    const second = await SqliteStore.open({ file, keepForMs: 1 });
    second.beginExpiry(() => Number.MAX_SAFE_INTEGER);
    await expect.poll(() => second.results.oldest(), { timeout: 10_000 }).toBeUndefined();
    const window = new DuplicateWindow(10, second.restore());
    expect([2, count + 1].map((seq) => window.offer(origin, seq))).toEqual(["completed", "completed"]);
    await second.close();

    // A consumer that has read up to a number must not miss what comes after it.
    const third = await SqliteStore.open({ file });
    await writeAll(third, [{ results: [rowsOf(count + 10, 2)] }]);
    expect(numbers(third)).toEqual([count + 1, count + 2]);
    await third.close();
  });

  test("that a consumer had not read are told, with how many, and for whom", async () => {
    const first = await SqliteStore.open({ file });
    first.cursors.create({ consumer: "main", task: "", contract: "" }, 1);
    first.cursors.create({ consumer: "main", task: "other", contract: "" }, 0);
    first.cursors.create({ consumer: "done", task: "double", contract: "v1" }, 4);
    await writeAll(first, [{ results: [rowsOf(2, 4)] }]);
    await first.close();

    const told: unknown[] = [];
    const second = await SqliteStore.open({ file, keepForMs: 1 });
    const ignore = () => {};
    second.listen({
      persisted: ignore,
      full: ignore,
      failed: ignore,
      expiredUnread: (unread) => told.push(unread),
    });
    second.beginExpiry(() => Number.MAX_SAFE_INTEGER);
    await expect.poll(() => told, { timeout: 10_000 }).toEqual([{ consumer: "main", task: "", count: 3 }]);
    await second.close();
  });

  test("that who keeps account is not done with wait for him beyond their time, as long as he is there", async () => {
    const first = await SqliteStore.open({ file });
    await writeAll(first, [{ results: [rowsOf(2, 2)] }, { results: [rowsOf(10, 2, "failed")] }]);
    await first.close();

    const second = await SqliteStore.open({ file, keepForMs: 1 });
    const readers = new StoreReaders(second, () => 0);
    const claim = readers.claim("file", undefined, { holds: true });
    const portion = claim.take();
    if (portion !== undefined) claim.commit(portion, portion.batch.count);
    readers.beginExpiry();
    await expect.poll(() => second.results.oldest()?.n, { timeout: 10_000 }).toBe(3);
    expect(numbers(second)).toEqual([3, 4]);
    claim.end();
    await expect.poll(() => second.results.oldest(), { timeout: 10_000 }).toBeUndefined();
    await second.close();
  });

  test("stay while their time is not over", async () => {
    const store = await SqliteStore.open({ file, keepForMs: 3_600_000 });
    store.beginExpiry(() => Number.MAX_SAFE_INTEGER);
    await writeAll(store, [{ results: [rowsOf(2, 3)] }, { results: [rowsOf(10, 1)] }]);
    expect(numbers(store)).toEqual([1, 2, 3, 4]);
    await store.close();
  });
});
