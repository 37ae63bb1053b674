/** The thread of the heart: reads the shared table, and beats. Ends when it is told to, and then by itself. */
import { parentPort, workerData } from "node:worker_threads";
import { createZeromqTransport } from "@tq/common/transport";
import { startBeats } from "./beats.ts";
import type { HeartThreadData } from "./heart.ts";
import { HeartTable } from "./heart-table.ts";

const { memory, size, endpoints, beatMs } = workerData as HeartThreadData;
const table = new HeartTable(size, memory);
if (!table.markOpen()) process.exit();
const transport = createZeromqTransport();
// Nothing is answered to a heart.
const links = endpoints.map((endpoint) => transport.connect(endpoint, { receive: () => {} }));

const beats = startBeats(table, links, beatMs);
parentPort?.postMessage("beating");

parentPort?.once("message", async () => {
  clearInterval(beats);
  await transport.close();
  table.markClosed();
});
