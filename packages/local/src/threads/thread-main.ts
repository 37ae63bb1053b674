/** The main module of a worker's thread: loads the handlers, runs the worker, and ends when it is told to. */
import { inspect } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import { isTqError, TqError } from "@tq/common";
import { invariant } from "@tq/common/contract";
import { startWorker, type Worker } from "@tq/worker";
import { loadHandlers } from "@tq/worker/hosting";
import { createThreadLog } from "./thread-log.ts";
import type { FromThread, LogLine, ThreadSettings, ToThread } from "./thread-messages.ts";
import { ThreadTransport } from "./thread-transport.ts";

/** How old the main thread's knowledge of this worker may be. */
const statsMs = 100;

const port = parentPort;
invariant(port !== null, "this is a thread's module");
const post = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

/** A field that cannot be cloned, a function for one, must not cost the line. */
function sendLine(line: LogLine): void {
  try {
    post({ type: "log", line });
  } catch {
    post({ type: "log", line: { ...line, fields: { fields: inspect(line.fields) } } });
  }
}

const transport = new ThreadTransport(post);
let worker: Worker | undefined;
let stats: NodeJS.Timeout | undefined;

async function start(settings: ThreadSettings): Promise<void> {
  const { files, ventilator, name, concurrency, payloadBytesMax, logLevel } = settings;
  const handlers = await loadHandlers(files.map((file) => (file.startsWith("file:") ? new URL(file) : file)));
  const log = createThreadLog(sendLine, logLevel);
  const started = await startWorker(
    { ventilators: [ventilator], handlers, name, concurrency, payloadBytesMax, log },
    { transport, lendHeart: (heart) => post({ type: "heart", heart }) },
  );
  worker = started;
  stats = setInterval(() => post({ type: "stats", stats: started.stats() }), statsMs);
  post({ type: "ready", stats: started.stats() });
}

function fail(error: unknown): void {
  const { code, message, stack } = isTqError(error)
    ? error
    : new TqError("TQ_ERR_INTERNAL", String(error), { cause: error });
  post({ type: "failed", code, message, stack });
}

async function close(drainMs: number): Promise<void> {
  clearInterval(stats);
  if (drainMs > 0) await worker?.drain({ timeoutMs: drainMs });
  await worker?.close();
  await transport.close();
  post({ type: "closed" });
}

port.on("message", (message: ToThread) => {
  if (message.type === "close") void close(message.drainMs);
  else transport.take(message);
});
start(workerData as ThreadSettings).catch(fail);
