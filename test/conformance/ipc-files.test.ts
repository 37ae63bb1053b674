import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("closing goes on where something else has taken the place of the file", async () => {
  const transport = createZeromqTransport();
  const { endpoint } = await transport.bind("ipc://*", { receive: () => {} });
  const path = endpoint.slice("ipc://".length);
  rmSync(path);
  mkdirSync(path);
  await transport.close();
  rmdirSync(path);
});

test("a bind leaves alone what is no socket, and says so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tq-ipc-"));
  const file = join(folder, "notes.txt");
  writeFileSync(file, "mine");
  const transport = createZeromqTransport();
  try {
    for (const path of [file, folder]) {
      const bind = transport.bind(`ipc://${path}`, { receive: () => {} });
      await expect(bind).rejects.toMatchObject({ code: "TQ_ERR_BIND_FAILED" });
    }
    expect(readFileSync(file, "utf8")).toBe("mine");
  } finally {
    await transport.close();
    rmSync(folder, { recursive: true });
  }
});
