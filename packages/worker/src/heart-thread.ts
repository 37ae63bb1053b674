/** The thread of a heart: reads the shared table of the worker it is given, and beats. Then waits for the next. */
import { parentPort } from "node:worker_threads";
import { createZeromqTransport } from "@tq/common/transport";
import { startBeats } from "./beats.ts";
import type { FromHeartThread, HeartOrder, ToHeartThread } from "./heart-pool.ts";
import { HeartTable } from "./heart-table.ts";

let stop: (() => Promise<void>) | undefined;

function start({ memory, size, endpoints, beatMs }: HeartOrder): void {
  const table = new HeartTable(size, memory);
  if (!table.markOpen()) return;
  const transport = createZeromqTransport();
  let beats: NodeJS.Timeout | undefined;
  stop = async () => {
    stop = undefined;
    clearInterval(beats);
    await transport.close();
    table.markClosed();
  };
  // Nothing is answered to a heart.
  const links = endpoints.map((endpoint) => transport.connect(endpoint, { receive: () => {} }));
  beats = startBeats(table, links, beatMs);
  say("beating");
}

function say(message: FromHeartThread): void {
  parentPort?.postMessage(message);
}

parentPort?.on("message", async (message: ToHeartThread) => {
  if (message !== "close") return start(message);
  // Told twice if the process exits in between.
  if (stop === undefined) return;
  await stop();
  say("closed");
});

// A thread that dies with a socket that waits to receive would take the process with it.
process.once("uncaughtException", async (error) => {
  await stop?.();
  throw error;
});
