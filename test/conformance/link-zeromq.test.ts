import { createZeromqTransport } from "@tq/common/transport";
import { linkSuite } from "./link-suite.ts";

linkSuite({
  name: "tcp",
  world: () => () => createZeromqTransport(),
  wildcard: () => "tcp://127.0.0.1:*",
});

linkSuite({
  name: "tcp with IPv6",
  world: () => () => createZeromqTransport(),
  wildcard: () => "tcp://[::1]:*",
});

linkSuite({
  name: "ipc",
  world: () => () => createZeromqTransport(),
  wildcard: () => "ipc://*",
});

linkSuite({
  name: "inproc",
  world: () => () => createZeromqTransport(),
  wildcard: () => "inproc://*",
});
