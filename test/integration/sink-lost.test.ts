// A sink that dies at the worst moment, as processes: between its commit and the word of it; with its disk.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openResults } from "@tq/sink";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { anyPort, handlersFile, killAll, startTq, type TqProcess, tq } from "./tq-process.ts";

let folder: string;
let store: string;
let proxy: TcpProxy;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-lost-"));
  store = join(folder, "results.db");
});
afterEach(async () => {
  await killAll();
  await proxy.close();
  rmSync(folder, { recursive: true });
});

function storedIds(): string[] {
  if (!existsSync(store)) return [];
  using results = openResults(store);
  return Array.from(results.query(), ({ taskId }) => taskId);
}

/** All roles, with a proxy in front of the sink. */
async function start() {
  const sink = startTq(["sink", "--bind", anyPort, "--store", store]);
  const { bind = "" } = await sink.ready();
  proxy = await startTcpProxy(bind);
  const ventilator = startTq([
    "ventilator",
    "--workers",
    anyPort,
    "--producers",
    anyPort,
    "--sink",
    proxy.endpoint,
  ]);
  const { workers = "", producers = "" } = await ventilator.ready();
  const worker = startTq(["worker", handlersFile, "--ventilator", workers]);
  await worker.ready();
  const submit = async (count: number): Promise<void> => {
    const input = Array.from({ length: count }, (_, index) => `${index}\n`).join("");
    expect((await tq(["submit", "square", "-", "--ventilator", producers], { input })).exitCode).toBe(0);
  };
  return { sink, bind, ventilator, submit };
}

/** The sink commits these, nobody hears of it, and it is killed. */
async function commitUnheard(sink: TqProcess, submit: () => Promise<void>, total: number): Promise<void> {
  proxy.pause("back");
  await submit();
  await expect.poll(() => storedIds().length, { timeout: 20_000 }).toBe(total);
  sink.signal("SIGKILL");
  await sink.ended;
  proxy.cut();
  proxy.resume();
}

/** Ends only when every task is settled: what a worker still has to offer, it has offered by then. */
async function drain(ventilator: TqProcess): Promise<void> {
  ventilator.signal("SIGTERM");
  expect((await ventilator.ended).exitCode).toBe(0);
  expect(ventilator.stderr).not.toMatch(/drain\.left/);
}

test("a sink killed between commit and acknowledgement is offered the results again, and stores none twice", async () => {
  const { sink, bind, ventilator, submit } = await start();
  await submit(10);
  await expect.poll(() => storedIds().length, { timeout: 20_000 }).toBe(10);
  await commitUnheard(sink, () => submit(100), 110);
  const next = startTq(["sink", "--bind", bind, "--store", store]);
  await next.ready();
  await submit(5);
  await drain(ventilator);
  const ids = storedIds();
  expect({ results: ids.length, tasks: new Set(ids).size }).toEqual({ results: 115, tasks: 115 });
});

test("a sink that comes back without its disk gets what it had not acknowledged, and goes on", async () => {
  const { sink, bind, ventilator, submit } = await start();
  await submit(10);
  await expect.poll(() => storedIds().length, { timeout: 20_000 }).toBe(10);
  const acknowledged = new Set(storedIds());
  // Its acknowledgement is on its way for milliseconds; a later task's is behind it.
  await submit(1);
  await expect.poll(() => storedIds().length, { timeout: 20_000 }).toBe(11);
  await commitUnheard(sink, () => submit(20), 31);
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  const next = startTq(["sink", "--bind", bind, "--store", store]);
  await next.ready();
  await submit(5);
  await drain(ventilator);
  const again = storedIds().filter((id) => !acknowledged.has(id));
  expect(new Set(again).size).toBe(storedIds().length);
  expect(again.length).toBeGreaterThanOrEqual(25);
});
