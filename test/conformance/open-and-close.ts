// Run as a process of its own: opens links of every carrier, talks over them, closes them, and has nothing left to do; then
// the same in a worker thread, which ends as soon as its links are closed. One client never finds its peer.
import { once } from "node:events";
import { isMainThread, Worker } from "node:worker_threads";
import { createMemoryHub, createZeromqTransport } from "@tq/common/transport";
import { bindProbe, connectProbe, frames, meet } from "../support/link-probe.ts";

const hub = createMemoryHub();
const worlds = [
  { node: () => createZeromqTransport(), wildcard: "tcp://127.0.0.1:*" },
  { node: () => createZeromqTransport(), wildcard: "ipc://*" },
  { node: () => createZeromqTransport(), wildcard: "inproc://*" },
  { node: () => hub.transport(), wildcard: "memory:*" },
];

for (const { node, wildcard } of worlds) {
  const serverNode = node();
  const clientNode = node();
  const server = await bindProbe(serverNode, wildcard);
  const client = connectProbe(clientNode, server.link.endpoint);
  const route = await meet(server, client);
  connectProbe(clientNode, server.link.endpoint.replace(/\d+$/, "1"));
  server.link.send(route, frames("the last word"));
  await serverNode.close();
  await clientNode.close();
}

if (isMainThread) {
  const [exitCode] = await once(new Worker(new URL(import.meta.url)), "exit");
  console.log(exitCode === 0 ? "closed" : `the thread ended with ${exitCode}`);
} else {
  // At once: a thread that waited for its loop to run empty would hide a socket that is still at work.
  process.exit(0);
}
