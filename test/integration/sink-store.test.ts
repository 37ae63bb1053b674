// A sink with a store, as processes: whatever kills it, its file has each task once.
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { killAll, startPipeline, startTq, type TqProcess, tq } from "./tq-process.ts";

let folder: string;
let file: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-store-"));
  file = join(folder, "results.ndjson");
  store = join(folder, "results.db");
});
afterEach(async () => {
  await killAll();
  rmSync(folder, { recursive: true });
});

const sizeOfFile = () => (existsSync(file) ? statSync(file).size : 0);
/** Counted once for each size: it is asked for all the time. */
let counted = { file: "", size: 0, lines: 0 };
function linesOfFile(): number {
  const size = sizeOfFile();
  if (counted.file !== file || counted.size !== size) {
    const lines = existsSync(file) ? readFileSync(file, "latin1").split("\n").length - 1 : 0;
    counted = { file, size, lines };
  }
  return counted.lines;
}

const inputs = (count: number) => Array.from({ length: count }, (_, index) => `${index}\n`).join("");

async function restart(sink: TqProcess, ...words: string[]): Promise<TqProcess> {
  const { bind = "" } = await sink.ready();
  sink.signal("SIGKILL");
  await sink.ended;
  return startTq(["sink", "--bind", bind, "--store", store, ...words]);
}

/** Every line of the file is whole, and no task is in it twice. */
function checkFile(count: number): void {
  const text = readFileSync(file, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  const ids = text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { taskId: string }).taskId);
  expect({ lines: ids.length, tasks: new Set(ids).size }).toEqual({ lines: count, tasks: count });
}

test("a sink that is killed again and again while results come has each of them in its file once", async () => {
  const count = 60_000;
  const kills = 5;
  const pipeline = await startPipeline("--store", store, "--out", file, "--log-level", "silent");
  await pipeline.startWorker();
  const submitting = tq(["submit", "square", "-", "--ventilator", pipeline.producers], {
    input: inputs(count),
  });
  let { sink } = pipeline;
  let killedAmid = 0;
  for (let killed = 0; killed < kills; killed++) {
    const before = sizeOfFile();
    const hasMoved = () => sizeOfFile() > before || linesOfFile() >= count;
    await expect.poll(hasMoved, { timeout: 30_000, interval: 1 }).toBe(true);
    if (linesOfFile() < count) killedAmid += 1;
    sink = await restart(sink, "--out", file, "--log-level", "silent");
    await sink.ready();
  }
  expect(killedAmid).toBeGreaterThanOrEqual(2);
  expect((await submitting).exitCode).toBe(0);
  await expect.poll(linesOfFile, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
  for (const process of [pipeline.ventilator, sink]) {
    process.signal("SIGTERM");
    expect((await process.ended).exitCode).toBe(0);
  }
  checkFile(count);
}, 120_000);

test("what a kill left in the file behind its last known end is cut off, torn or not, and written again", async () => {
  const pipeline = await startPipeline("--store", store, "--out", file);
  await pipeline.startWorker();
  await tq(["submit", "square", "-", "--ventilator", pipeline.producers], { input: inputs(10) });
  await expect.poll(linesOfFile, { timeout: 20_000 }).toBe(10);
  const { bind = "" } = await pipeline.sink.ready();
  pipeline.sink.signal("SIGTERM");
  await pipeline.sink.ended;
  const whole = readFileSync(file, "utf8");
  appendFileSync(file, whole.slice(0, 300));
  const next = startTq(["sink", "--bind", bind, "--store", store, "--out", file]);
  await next.logged(/cut off what was not known to be complete/);
  next.signal("SIGTERM");
  expect((await next.ended).exitCode).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(whole);
});

test("a file that others have emptied is gone on with, not filled again", async () => {
  const pipeline = await startPipeline("--store", store, "--out", file);
  await pipeline.startWorker();
  await tq(["submit", "square", "-", "--ventilator", pipeline.producers], { input: inputs(5) });
  await expect.poll(linesOfFile, { timeout: 20_000 }).toBe(5);
  pipeline.sink.signal("SIGTERM");
  await pipeline.sink.ended;
  truncateSync(file);
  const next = await restart(pipeline.sink, "--out", file);
  await next.logged(/shorter than it was left/);
  await tq(["submit", "square", "7", "--ventilator", pipeline.producers]);
  await expect.poll(linesOfFile, { timeout: 20_000 }).toBe(1);
});

test("a second sink with the same store ends with a code of its own, and the first goes on", async () => {
  const { sink } = await startPipeline("--store", store);
  const second = await tq(["sink", "--bind", "tcp://127.0.0.1:*", "--store", store, "--log-level", "silent"]);
  expect(second.stderr).toMatch(/^tq: TQ_ERR_STORAGE_LOCKED: /);
  expect(second.exitCode).toBe(2);
  sink.signal("SIGTERM");
  expect((await sink.ended).exitCode).toBe(0);
});
