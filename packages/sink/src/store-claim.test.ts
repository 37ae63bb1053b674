import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { SqliteStore } from "./store/sqlite/sqlite-store.ts";
import { StoreClaim } from "./store-claim.ts";

// It starts a thread, which on a busy machine takes seconds.
vi.setConfig({ testTimeout: 30_000 });

test("a loop whose store cannot be read is over: nobody waits for it, and another may begin", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tq-claim-"));
  const store = await SqliteStore.open({ file: join(folder, "results.db") });
  const onIdle = vi.fn();
  const claim = new StoreClaim({
    results: store.results,
    cursor: store.cursors.create({ consumer: "main", task: "", contract: "" }, 0),
    wants: () => true,
    now: () => 0,
    onIdle,
  });
  store.results.close();
  expect(() => claim.take()).toThrow(expect.objectContaining({ code: "TQ_ERR_STORAGE_FAILED" }));
  expect(claim.isOver).toBe(true);
  expect(onIdle).toHaveBeenCalledWith(claim);
  expect(claim.take()).toBeUndefined();
  await store.close();
  rmSync(folder, { recursive: true });
});
