/**
 * The main module of one worker process: loads the handlers, runs the worker, and does what its parent says.
 *
 * It drains when it is told to, when it gets SIGTERM itself (its parent then starts another: a rolling restart), when its
 * parent is gone, and when a ventilator asks it to (its parent then starts no other).
 */
import { isTqError, TqError } from "@tq/common";
import { startWorker, type Worker, type WorkerEvent } from "@tq/worker";
import { loadHandlers } from "@tq/worker/hosting";
import { drainTimeoutMs } from "../command-line/serve.ts";
import { type LoadedFile, tellLoadedFiles } from "../dev/loaded-files.ts";
import { sampleInput } from "../dev/sample-input.ts";
import { createCliLogger } from "../output/create-cli-logger.ts";
import { openChildChannel, tellParent } from "../processes/child-channel.ts";
import type { FromWorkerProcess, LoadedTask, ToWorkerProcess, WorkerSettings } from "./worker-messages.ts";

/** Whoever killed the parent wants an end: what runs longer is given back, and runs elsewhere. */
const orphanTimeoutMs = 5_000;

let worker: Worker | undefined;
let isStopping = false;
/** Tells which files were loaded and not yet told. */
let tellLoaded = (): void => {};

async function start(settings: WorkerSettings): Promise<void> {
  const {
    files,
    ventilators,
    concurrency,
    name,
    tags,
    push,
    compression,
    logLevel,
    isDev = false,
  } = settings;
  if (isDev) {
    const tell = (loaded: readonly LoadedFile[]): void => void tellParent({ type: "loaded", files: loaded });
    tellLoaded = tellLoadedFiles(tell);
  }
  const handlers = await loadHandlers(files);
  const log = createCliLogger("worker", logLevel);
  const options = {
    ventilators,
    handlers,
    log,
    tags,
    push,
    compression,
    ...(concurrency !== undefined && { concurrency }),
    ...(name !== undefined && { name }),
  };
  worker = await startWorker(options, { onEvent: tellLeaving });
  worker.closed.then(leave, (error: unknown) => fail(error, false));
  const tasks = await Promise.all(
    handlers.map(async ({ task }): Promise<LoadedTask> => {
      return { name: task.name, ...(isDev && { sample: await sampleInput(task) }) };
    }),
  );
  tellLoaded();
  await tellParent({ type: "ready", ventilators: worker.ventilators, tasks } satisfies FromWorkerProcess);
}

function tellLeaving({ type }: WorkerEvent): void {
  if (type === "worker.drain-asked") void tellParent({ type: "leaving" } satisfies FromWorkerProcess);
}

async function stop(timeoutMs: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await worker?.drain({ timeoutMs });
  await worker?.close();
  process.exit(0);
}

/** The worker has closed. If nobody here wanted that, a ventilator has asked for it. */
async function leave(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await tellParent({ type: "left" } satisfies FromWorkerProcess);
  process.exit(0);
}

async function fail(error: unknown, isLoading: boolean): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  const { code, message, stack } = isTqError(error)
    ? error
    : new TqError("TQ_ERR_INTERNAL", String(error), { cause: error });
  tellLoaded();
  await tellParent({ type: "failed", isLoading, code, message, stack } satisfies FromWorkerProcess);
  await worker?.close();
  process.exit(1);
}

const parent = openChildChannel<ToWorkerProcess>();
parent.onMessage((message) => {
  if (message.type === "drain") void stop(message.timeoutMs);
  else start(message.settings).catch((error: unknown) => fail(error, true));
});
parent.onParentGone(() => void stop(orphanTimeoutMs));
process.on("SIGTERM", () => void stop(drainTimeoutMs));
