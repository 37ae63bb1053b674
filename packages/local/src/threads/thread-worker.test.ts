import { fileURLToPath } from "node:url";
import { createLogger } from "@tq/common/node";
import { createMemoryHub } from "@tq/common/transport";
import { expect, test } from "vitest";
import { ThreadWorker } from "./thread-worker.ts";

test("says that handlers are still loading, once it takes long, and goes on", async () => {
  const said: unknown[] = [];
  const log = { ...createLogger("test", { level: "silent" }), warn: (fields: unknown) => said.push(fields) };
  const hub = createMemoryHub();
  const file = fileURLToPath(
    new URL("../../../../test/integration/fixtures/thread-handlers.ts", import.meta.url),
  );
  const worker = new ThreadWorker({
    settings: {
      files: [file],
      ventilator: "memory:workers",
      name: "slow",
      concurrency: 1,
      payloadBytesMax: undefined,
      logLevel: "warn",
    },
    transport: () => hub.transport(),
    heapMb: undefined,
    log: log as never,
    slowLoadMs: 0,
  });
  await worker.ready;
  await worker.close();
  expect(said).toMatchObject([{ event: "thread.loading", worker: "slow", files: [file] }]);
});
