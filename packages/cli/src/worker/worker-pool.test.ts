import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createCliLogger } from "../output/create-cli-logger.ts";
import { WorkerPool } from "./worker-pool.ts";

const { execPath } = process;
afterEach(() => {
  process.execPath = execPath;
});

test("a process that cannot be started ends the pool with the reason, and is not waited for", async () => {
  process.execPath = join(import.meta.dirname, "node-that-was-removed");
  const settings = {
    files: ["handlers.ts"],
    ventilators: ["tcp://127.0.0.1:1"],
    logLevel: "silent",
  } as const;
  const pool = new WorkerPool(2, settings, { log: createCliLogger("worker", "silent") });
  const lost = { code: "TQ_ERR_WORKER_LOST", message: expect.stringMatching(/cannot be started: .*ENOENT/) };
  await expect(pool.ready).rejects.toMatchObject(lost);
  await expect(pool.ended).rejects.toMatchObject(lost);
  await pool.close();
});
