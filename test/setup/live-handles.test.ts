import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { connect, createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { Router } from "zeromq";
import { countHandles, grown } from "./live-handles.ts";

type Close = () => unknown;
/** Opens one resource and gives back how to close it. */
type Open = () => Close | Promise<Close>;

async function listeningServer() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const resources: [kind: string, open: Open][] = [
  [
    "1 × Timeout",
    () => {
      const timer = setInterval(() => {}, 1_000);
      return () => clearInterval(timer);
    },
  ],
  [
    "1 × tcp",
    async () => {
      const server = await listeningServer();
      return () => server.close();
    },
  ],
  [
    "3 × tcp",
    async () => {
      const server = await listeningServer();
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("the server has no port");
      const accepting = once(server, "connection");
      const client = connect(address.port, "127.0.0.1");
      const [accepted] = await accepting;
      return () => {
        client.destroy();
        accepted.destroy();
        server.close();
      };
    },
  ],
  [
    "1 × poll",
    async () => {
      const router = new Router({ linger: 0 });
      await router.bind("tcp://127.0.0.1:*");
      return () => router.close();
    },
  ],
  [
    "1 × worker thread",
    async () => {
      const thread = new Worker("setInterval(() => {}, 1000)", { eval: true });
      await once(thread, "online");
      return () => thread.terminate();
    },
  ],
  [
    "1 × process",
    async () => {
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
      await once(child, "spawn");
      return () => child.kill("SIGKILL");
    },
  ],
  [
    "1 × fs_event",
    () => {
      const watcher = watch(import.meta.dirname);
      return () => watcher.close();
    },
  ],
  [
    "1 × signal",
    () => {
      const listener = () => {};
      process.on("SIGUSR2", listener);
      return () => process.off("SIGUSR2", listener);
    },
  ],
];

test.each(resources)("sees %s while it is open and nothing once it is closed", async (kind, open) => {
  const before = countHandles();
  const close = await open();
  expect(grown(before, countHandles())).toEqual([kind]);
  await close();
  await expect.poll(() => grown(before, countHandles()), { timeout: 5_000, interval: 5 }).toEqual([]);
});

const heart = (code: string): Worker => new Worker(code, { eval: true, name: "tq-heart" });

test("a thread that waits for a worker's heart is no leak, and one that still beats is", async () => {
  const before = countHandles();
  const waiting = heart("require('node:worker_threads').parentPort.on('message', () => {})");
  await once(waiting, "online");
  await expect.poll(() => grown(before, countHandles()), { timeout: 5_000, interval: 5 }).toEqual([]);
  const beating = heart("setInterval(() => {}, 1000)");
  await once(beating, "online");
  await expect
    .poll(() => grown(before, countHandles()), { timeout: 5_000, interval: 5 })
    .toEqual(["1 × worker thread"]);
  await Promise.all([waiting.terminate(), beating.terminate()]);
});

test("closing more than was open is no leak", () => {
  expect(grown(new Map([["tcp", 2]]), new Map([["tcp", 1]]))).toEqual([]);
});
