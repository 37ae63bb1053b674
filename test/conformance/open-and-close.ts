// Run as a process of its own: opens links of every carrier, talks over them, closes them, and has nothing left to do. One
// client's peer has vanished, with words for it still under way.
import { createMemoryHub, createZeromqTransport } from "@tq/common/transport";
import { bindProbe, connectProbe, frames, meet } from "../support/link-probe.ts";

const hub = createMemoryHub();
const worlds = [
  { node: () => createZeromqTransport(), wildcard: "tcp://127.0.0.1:*" },
  { node: () => createZeromqTransport(), wildcard: "ipc://*" },
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
console.log("closed");
