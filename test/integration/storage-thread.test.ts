import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TqError } from "@tq/common";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SampleTypes } from "../../packages/common/src/sqlite/sample-file.test-support.ts";
import { StorageFaults } from "../../packages/common/src/sqlite/storage-faults.ts";
import { StorageThread } from "../../packages/common/src/sqlite/storage-thread.ts";

let folder: string;
let file: string;
const opened: StorageThread<SampleTypes>[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-sqlite-"));
  file = join(folder, "below", "sample.db");
});

afterEach(async () => {
  for (const thread of opened.splice(0)) await thread.close();
  rmSync(folder, { recursive: true });
});

async function open(options: { faults?: StorageFaults; durability?: "always" | "interval" } = {}) {
  const told: string[] = [];
  const contents: string[] = [];
  const { thread, opened: found } = await StorageThread.open<SampleTypes>({
    module: new URL("../../packages/common/src/sqlite/sample-file.test-support.ts", import.meta.url),
    name: "sample",
    settings: { file },
    durability: options.durability ?? "always",
    syncIntervalMs: 1,
    faults: options.faults,
    onContent: (content) => contents.push(content),
    onWritten: (number) => told.push(`written ${number}`),
    onFull: (number) => told.push(`full ${number}`),
    onFailed: ({ code }: TqError) => told.push(code),
  });
  opened.push(thread);
  return { thread, told, contents, wasClosed: found.wasClosed };
}

test("what was written is there at the next start, in a file that was closed in order", async () => {
  const first = await open();
  first.thread.write(1, { value: ["a", "b"] });
  first.thread.write(2, { value: 1 });
  await first.thread.close();
  expect(first.told.at(-1)).toBe("written 2");
  const second = await open();
  expect(second).toMatchObject({ contents: ["b"], wasClosed: true });
});

test("all that waits during one commit shares the next one", async () => {
  const faults = new StorageFaults();
  const { thread, told } = await open({ faults });
  faults.slowMs = 60_000;
  thread.write(1, { value: ["first"] });
  await vi.waitFor(() => expect(faults.commits).toBe(1));
  for (let number = 2; number <= 100; number++) thread.write(number, { value: [String(number)] });
  expect(told).toEqual([]);
  faults.slowMs = 0;
  await vi.waitFor(() => expect(told.at(-1)).toBe("written 100"));
  expect(faults.commits).toBeLessThanOrEqual(3);
  expect(await thread.query("count")).toBe(100);
});

test("nothing of a change is written while the disk is full, and what comes later is", async () => {
  const faults = new StorageFaults();
  const { thread, told } = await open({ faults });
  faults.fault = "full";
  thread.write(1, { value: ["lost"] });
  await vi.waitFor(() => expect(told).toEqual(["full 1"]));
  faults.fault = "none";
  thread.write(2, { value: ["kept"] });
  await vi.waitFor(() => expect(told).toEqual(["full 1", "written 2"]));
  await thread.close();
  expect((await open()).contents).toEqual(["kept"]);
});

test("a failed sync is the end: said once, and nothing is written any more", async () => {
  const faults = new StorageFaults();
  const { thread, told } = await open({ faults });
  faults.fault = "failed-sync";
  thread.write(1, { value: ["in doubt"] });
  await vi.waitFor(() => expect(told).toEqual(["TQ_ERR_STORAGE_FAILED"]));
  faults.fault = "none";
  thread.write(2, { value: ["too late"] });
  await expect(thread.query("count")).rejects.toMatchObject({ code: "TQ_ERR_STORAGE_FAILED" });
  await thread.close();
  const next = await open();
  expect(next).toMatchObject({ contents: [], wasClosed: false });
  expect(told).toEqual(["TQ_ERR_STORAGE_FAILED"]);
});

test("a failed sync between commits is the end, too", async () => {
  const faults = new StorageFaults();
  const { thread, told } = await open({ faults, durability: "interval" });
  thread.write(1, { value: ["written, not synced"] });
  await vi.waitFor(() => expect(faults.commits).toBe(2));
  faults.fault = "failed-sync";
  thread.write(2, { value: ["never"] });
  await vi.waitFor(() => expect(told).toEqual(["written 1", "TQ_ERR_STORAGE_FAILED"]));
});

describe("a query", () => {
  test("sees what was written before it", async () => {
    const { thread } = await open();
    thread.write(1, { value: ["a", "b", "c"] });
    expect(await thread.query("count")).toBe(3);
  });

  test("that fails is told to who asked, and the thread lives on", async () => {
    const { thread } = await open();
    await expect(thread.query("sum of nothing")).rejects.toMatchObject({ code: "TQ_ERR_STORAGE_FAILED" });
    expect(await thread.query("count")).toBe(0);
  });
});

test("a second writer is kept out, until the first has closed", async () => {
  const { thread } = await open();
  await expect(open()).rejects.toMatchObject({
    code: "TQ_ERR_STORAGE_LOCKED",
    message: expect.stringContaining(file),
  });
  await thread.close();
  await open();
});

test("a file gives back the space of what was removed, also in the WAL", async () => {
  const { thread } = await open();
  const text = "x".repeat(100_000);
  for (let number = 1; number <= 200; number++) thread.write(number, { value: [text] });
  await thread.query("count");
  thread.write(201, { value: 200 });
  await thread.query("count");
  await vi.waitFor(() => expect(statSync(file).size).toBeLessThan(1_000_000), 5_000);
  await thread.close();
  expect(statSync(file).size).toBeLessThan(100_000);
});
