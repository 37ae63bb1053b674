import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { describeResultStore } from "../store-conformance.test-support.ts";
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
