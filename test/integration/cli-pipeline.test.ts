import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { anyPort, killAll, startPipeline, startTq, tq } from "./tq-process.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-pipeline-"));
  file = join(folder, "results.ndjson");
});
afterEach(async () => {
  await killAll();
  rmSync(folder, { recursive: true });
});

const lineCount = () => readFileSync(file, "latin1").split("\n").length - 1;

test("four shells: each of many tasks is once in the sink's file, although a worker is killed", async () => {
  const count = 30_000;
  const { sink, ventilator, producers, startWorker } = await startPipeline("--out", file);
  const [first, second] = [await startWorker(), await startWorker()];
  const input = Array.from({ length: count }, (_, index) => `${index}\n`).join("");
  const submitting = tq(["submit", "square", "-", "--ventilator", producers], { input });
  await expect.poll(lineCount, { timeout: 30_000, interval: 10 }).toBeGreaterThan(count / 10);
  // The whole worker: the command and, by its end, its process.
  first.signal("SIGKILL");
  const { exitCode, stdout } = await submitting;
  expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({ exitCode: 0, accepted: count });
  await expect.poll(lineCount, { timeout: 40_000 }).toBe(count);

  // Draining says that nothing is left anywhere: nothing can come later.
  for (const process of [second, ventilator, sink]) {
    process.signal("SIGTERM");
    expect((await process.ended).exitCode).toBe(0);
  }
  expect(ventilator.stderr).not.toMatch(/drain\.left/);
  const text = readFileSync(file, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  const results = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(new Set(results.map(({ taskId }) => taskId)).size).toBe(count);
  const sum = results.reduce((total, { output }) => total + output, 0);
  expect(sum).toBe(Array.from({ length: count }, (_, index) => index * index).reduce((a, b) => a + b, 0));
});

test("a ready line holds the role, the process and each endpoint as it was resolved", async () => {
  const { sink, ventilator, producers, workers } = await startPipeline();
  expect(await sink.ready()).toEqual({ role: "sink", pid: sink.pid, bind: expect.stringMatching(/:\d+$/) });
  expect(await ventilator.ready()).toEqual({ role: "ventilator", pid: ventilator.pid, workers, producers });
  const plain = startTq(["ventilator", "--workers", anyPort]);
  expect(Object.keys(await plain.ready())).toEqual(["role", "pid", "workers"]);
});

test("a sink whose reader leaves ends quietly", async () => {
  const { sink, producers, startWorker } = await startPipeline("--log-level", "silent");
  await startWorker();
  await tq(["submit", "square", "1", "--ventilator", producers]);
  await sink.waitFor(() => sink.lines[0]);
  sink.closeStdout();
  await tq(["submit", "square", "2", "--ventilator", producers]);
  const { exitCode, stderr } = await sink.ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});

test("a sink whose file cannot take more ends with code 1, and says which file", async () => {
  const { sink, producers, startWorker } = await startPipeline("--out", "/dev/full", "--log-level", "silent");
  await startWorker();
  await tq(["submit", "square", "1", "--ventilator", producers]);
  const { exitCode, stderr } = await sink.ended;
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^tq: TQ_ERR_FILE: writing to \/dev\/full failed: ENOSPC.*\n$/);
});

test("results that a sink did not write are written by the next one", async () => {
  const { sink, producers, startWorker } = await startPipeline("--out", "/dev/full");
  const { bind = "" } = await sink.ready();
  await startWorker();
  await tq(["submit", "square", "6", "--ventilator", producers]);
  await sink.ended;
  const next = startTq(["sink", "--bind", bind]);
  expect(await next.waitFor(() => next.lines[0])).toMatchObject({ task: "square", output: 36 });
});
