/** Workers of `startLocal` on threads: what such a thread may do without harm to the others and to the process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { defaultTiming, silenceLimitMs } from "@tq/common/protocol";
import { type Local, type LocalThreadsOptions, startLocal } from "@tq/local";
import { describe, expect, test } from "vitest";
import { block, hog, leave, say, stray, where, write } from "./fixtures/thread-tasks.ts";
import { CapturedLog } from "./support/captured-log.ts";
import { waitOptions } from "./support/cluster.ts";
import { errorOf } from "./support/error-of.ts";

const handlers = new URL("./fixtures/thread-handlers.ts", import.meta.url);

async function start(options: Partial<LocalThreadsOptions> = {}) {
  const captured = new CapturedLog();
  const tq = await startLocal({ handlers, threads: true, log: captured.log, ...options });
  return { tq, captured, [Symbol.asyncDispose]: () => tq.close() };
}

const startsOf = (tq: Local): unknown[] =>
  tq.stats().workers.map((worker) => ("starts" in worker ? worker.starts : undefined));

test("handlers run on other threads, several at once, and each worker has stats of its own", async () => {
  await using local = await start({ workers: 2, concurrency: 1, name: "two" });
  const threads = await Promise.all([local.tq.run(block, 300), local.tq.run(block, 300)]);
  expect(new Set([...threads, threadId]).size).toBe(3);
  expect(local.tq.stats().workers).toMatchObject([
    { name: "two/1", slots: 1, starts: 1, isAlive: true },
    { name: "two/2", slots: 1, starts: 1, isAlive: true },
  ]);
});

test("a thread that computes for longer than a silence means keeps its task", async () => {
  await using local = await start();
  const blockMs = silenceLimitMs(defaultTiming) + 750;
  const settled = local.tq.mapSettled(block, [blockMs]);
  expect(await settled.next()).toMatchObject({ value: { attempt: 1, outcome: { status: "completed" } } });
  expect(local.captured.of("worker.gone")).toEqual([]);
});

test("what a handler logs comes to the pipeline's log with its task, although a field cannot cross", async () => {
  await using local = await start();
  await local.tq.run(say, "hello");
  await expect.poll(() => local.captured.lines.find(({ msg }) => msg === "hello")).toBeDefined();
  const line = local.captured.lines.find(({ msg }) => msg === "hello");
  expect(line).toMatchObject({ level: 30, fields: expect.stringContaining("task: 'say'") });
});

test("a thread heeds payloadBytesMax", async () => {
  await using local = await start({ payloadBytesMax: 1_000 });
  expect(await local.tq.run(write, 900)).toHaveLength(900);
  expect(await errorOf(local.tq.run(write, 1_000))).toMatchObject({
    code: "TQ_ERR_TASK_FAILED",
    cause: { code: "TQ_ERR_PAYLOAD_TOO_LARGE" },
  });
});

describe("a thread that dies", () => {
  test.each([
    ["by process.exit", leave, /exit code 7/],
    ["by a rejection that nobody handles", stray, /RangeError: nobody waits for this/],
    ["for want of memory", hog, /memory limit/],
  ])("%s is started anew, which is said, and only the task that did it is dead", async (_, task, end) => {
    await using local = await start({ threadHeapMb: 24, name: "mortal" });
    const error = await errorOf(local.tq.run(task, null));
    expect(error).toMatchObject({ code: "TQ_ERR_TASK_DEAD" });
    expect(await local.tq.run(where, null)).not.toBe(threadId);
    const [line] = local.captured.of("thread.died");
    expect(line).toMatchObject({ level: 40, worker: "mortal", msg: expect.stringMatching(end) });
    expect(startsOf(local.tq)[0]).toBeGreaterThan(1);
  });

  test("leaves the other workers as they are", async () => {
    await using local = await start({ workers: 2, concurrency: 1 });
    const died = errorOf(local.tq.run(leave, null));
    await expect.poll(() => startsOf(local.tq), waitOptions).toContainEqual(2);
    expect(await local.tq.run(where, null)).not.toBe(threadId);
    expect(await died).toMatchObject({ code: "TQ_ERR_TASK_DEAD" });
  });
});

test("a thread in an endless loop does not keep the pipeline from closing", async () => {
  await using local = await start();
  const running = errorOf(local.tq.run(block, 600_000));
  await expect.poll(() => local.tq.stats().ventilator.leased, waitOptions).toBe(1);
  await local.tq.close();
  expect(await running).toMatchObject({ code: "TQ_ERR_CLOSED" });
});

describe("a file of handlers", () => {
  test.each([
    ["throws", "throw new Error('no database');", /INVALID_HANDLER: .*no database/],
    ["exports none", "export const a = 1;", /INVALID_HANDLER: .*its exports: a/],
    ["ends the thread", "process.exit(3);", /WORKER_LOST: .*exit code 3 while it loaded/],
  ])("that %s refuses the start, and leaves nothing behind", async (_, text, expected) => {
    const folder = mkdtempSync(join(tmpdir(), "tq-threads-"));
    using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
    const path = join(folder, "handlers.ts");
    writeFileSync(path, text);
    const { code, message } = await errorOf(start({ handlers: path, workers: 2 }));
    expect(`${code}: ${message}`).toMatch(expected);
  });
});
