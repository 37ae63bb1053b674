import { existsSync } from "node:fs";
import { createZeromqTransport } from "@tq/common/transport";
import { expect, test } from "vitest";

test("the file of an ipc endpoint goes with its link", async () => {
  const transport = createZeromqTransport();
  const server = await transport.bind("ipc://*", { receive: () => {} });
  const pull = await transport.bindPull("ipc://*", { receive: () => {} });
  const paths = [server, pull].map(({ endpoint }) => endpoint.slice("ipc://".length));
  expect(paths.map((path) => existsSync(path))).toEqual([true, true]);
  await transport.close();
  expect(paths.map((path) => existsSync(path))).toEqual([false, false]);
});
