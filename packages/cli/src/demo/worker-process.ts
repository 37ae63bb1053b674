/**
 * A worker of the demo: a plain `startWorker` with one handler.
 *
 * The handler can be told to stop before it counts. That makes the kill sure to hit a lease: a process that is killed
 * at any other moment may just have sent its last result.
 */
import { handler } from "@tq/common";
import { wireLimits } from "@tq/common/wire";
import { startWorker, type Worker } from "@tq/worker";
import { createCliLogger } from "../output/create-cli-logger.ts";
import { openChildChannel, tellParent } from "../processes/child-channel.ts";
import { countFile } from "./count-file.ts";
import { countWords } from "./count-words.ts";
import { demoLogLevel } from "./demo-log-level.ts";
import type { FromDemoWorker, ToDemoWorker } from "./demo-messages.ts";

/** Reading files waits for the disk, and Node reads four at once. */
const concurrency = 4;

/** A big file of random letters has nearly as many distinct words as words: as much as one message may carry. */
const payloadBytesMax = wireLimits.bodyBytesMax;

let worker: Worker | undefined;
/** Set while tasks are held: resolves when they may go on. */
let gate: PromiseWithResolvers<void> | undefined;

const tell = (message: FromDemoWorker): Promise<void> => tellParent(message);

const counting = handler(countWords, async ({ path }, ctx) => {
  if (gate !== undefined) {
    const opened = gate.promise;
    await tell({ type: "holding", taskId: ctx.taskId });
    await opened;
  }
  return countFile(path);
});

async function start(ventilator: string, name: string): Promise<void> {
  const log = createCliLogger(name, demoLogLevel());
  worker = await startWorker({
    ventilators: [ventilator],
    handlers: [counting],
    concurrency,
    payloadBytesMax,
    name,
    log,
  });
  worker.closed.catch(fail);
  await tell({ type: "ready" });
}

async function stop(): Promise<void> {
  gate?.resolve();
  await worker?.drain({ timeoutMs: 5_000 });
  await worker?.close();
  process.exit(0);
}

async function fail(error: unknown): Promise<void> {
  await tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}

function obey(message: ToDemoWorker): void {
  switch (message.type) {
    case "start":
      start(message.ventilator, message.name).catch(fail);
      return;
    case "hold":
      gate = Promise.withResolvers();
      void tell({ type: "armed" });
      return;
    case "go":
      gate?.resolve();
      gate = undefined;
      return;
    case "stop":
      void stop();
  }
}

const parent = openChildChannel<ToDemoWorker>();
parent.onMessage(obey);
parent.onParentGone(() => process.exit(1));
