// A sink that dies at the worst moment, as processes: between its commit and the word of it; with its disk.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
  const worker = startTq(["worker", handlersFile, "--ventilator", workers, "--concurrency", "20"]);
  await worker.ready();
  const submit = async (count: number): Promise<void> => {
    const input = Array.from({ length: count }, (_, index) => `${index}\n`).join("");
    expect((await tq(["submit", "square", "-", "--ventilator", producers], { input })).exitCode).toBe(0);
  };
  return { sink, bind, ventilator, producers, submit };
}

/** Tasks that are at work, and end together when they are told to. */
async function startWaiting(producers: string, count: number): Promise<() => void> {
  const until = join(folder, "until");
  const started = Array.from({ length: count }, (_, index) => join(folder, `started-${index}`));
  const input = started.map((path) => `${JSON.stringify({ started: path, until })}\n`).join("");
  expect((await tq(["submit", "wait", "-", "--ventilator", producers], { input })).exitCode).toBe(0);
  await expect.poll(() => started.every(existsSync), { timeout: 30_000 }).toBe(true);
  return () => writeFileSync(until, "");
}

/** The sink commits what they come to, nobody hears of it, and it is killed. */
async function commitUnheard(sink: TqProcess, end: () => void, total: number): Promise<void> {
  proxy.pause("back");
  end();
  await expect.poll(() => storedIds().length, { timeout: 20_000, interval: 10 }).toBe(total);
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
  const { sink, bind, ventilator, producers, submit } = await start();
  const end = await startWaiting(producers, 20);
  await commitUnheard(sink, end, 20);
  const next = startTq(["sink", "--bind", bind, "--store", store]);
  await next.ready();
  await submit(5);
  await drain(ventilator);
  const ids = storedIds();
  expect({ results: ids.length, tasks: new Set(ids).size }).toEqual({ results: 25, tasks: 25 });
});

test("a sink that comes back without its disk gets what it had not acknowledged, and goes on", async () => {
  const { sink, bind, ventilator, producers, submit } = await start();
  await submit(10);
  await expect.poll(() => storedIds().length, { timeout: 20_000 }).toBe(10);
  const before = new Set(storedIds());
  const end = await startWaiting(producers, 20);
  await commitUnheard(sink, end, 30);
  for (const name of readdirSync(folder)) if (name.startsWith("results.db")) rmSync(join(folder, name));
  const next = startTq(["sink", "--bind", bind, "--store", store]);
  await next.ready();
  await submit(5);
  await drain(ventilator);
  const again = storedIds();
  expect({ results: again.length, tasks: new Set(again).size }).toEqual({ results: 25, tasks: 25 });
  expect(again.filter((id) => before.has(id))).toEqual([]);
});
