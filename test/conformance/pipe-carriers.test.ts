import { createMemoryHub, createZeromqTransport } from "@tq/common/transport";
import { pipeSuite } from "./pipe-suite.ts";

pipeSuite({
  name: "memory",
  world: () => {
    const hub = createMemoryHub();
    return () => hub.transport();
  },
  wildcard: () => "memory:*",
});

pipeSuite({
  name: "tcp",
  world: () => () => createZeromqTransport(),
  wildcard: () => "tcp://127.0.0.1:*",
});

pipeSuite({
  name: "ipc",
  world: () => () => createZeromqTransport(),
  wildcard: () => "ipc://*",
});

pipeSuite({
  name: "inproc",
  world: () => () => createZeromqTransport(),
  wildcard: () => "inproc://*",
});
