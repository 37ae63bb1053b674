import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GroupCommit } from "./group-commit.ts";
import { openForReading, openForWriting } from "./open-database.ts";
import { openSample, type SampleTypes, sampleKind } from "./sample-file.test-support.ts";
import { StorageFaults } from "./storage-faults.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-sqlite-"));
  path = join(folder, "sample.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

function open() {
  const served = openSample({ file: path });
  const commits = new GroupCommit<SampleTypes["change"]>({ ...served, durability: "always" });
  const count = () => served.answer?.("count").value;
  return { ...served, commits, count };
}

const text = "x".repeat(10_000);

test("where there is no room for one change of several, none is written; a smaller one later is", () => {
  const { file, commits, count } = open();
  file.database.exec("PRAGMA max_page_count = 40");
  expect(commits.commit([["small"], Array(100).fill(text)])).toBe(false);
  expect(count()).toBe(0);
  expect(commits.commit([["small"]])).toBe(true);
  expect(count()).toBe(1);
  file.close();
});

test("while the disk is full only what needs no room is written, until the reserve can be taken again", () => {
  const { file, write } = openSample({ file: path });
  let isRoom = false;
  const reserve = {
    isThere: true,
    bytes: 1_000_000,
    freeBytes: 1_000_000_000,
    giveUp: () => {
      reserve.isThere = false;
    },
    take: () => {
      reserve.isThere = isRoom;
      return isRoom;
    },
  };
  const grows = (change: SampleTypes["change"]): boolean => typeof change !== "number";
  const commits = new GroupCommit({ file, write, grows, reserve, durability: "always" });
  const count = (): unknown => file.database.prepare("SELECT count(*) AS n FROM texts").get()?.n;
  expect(commits.commit([["a", "b", "c"]])).toBe(true);
  file.database.exec("PRAGMA max_page_count = 40");
  expect(commits.commit([Array(100).fill(text)])).toBe(false);
  expect(reserve.isThere).toBe(false);
  file.database.exec("PRAGMA max_page_count = 1000000");

  expect(commits.commit([["d"], 1])).toBe(false);
  expect(count()).toBe(2);
  isRoom = true;
  expect(commits.commit([["d"]])).toBe(true);
  expect(count()).toBe(3);
  file.close();
});

test("what could not be moved from the WAL into the file by means of the reserve is not written to it", () => {
  const { file, write } = openSample({ file: path });
  const room = { bytes: 500_000, freeBytes: 1_000_000 };
  const reserve = { isThere: true, ...room, giveUp: () => {}, take: () => true };
  const commits = new GroupCommit({ file, write, reserve, durability: "always" });
  // It would be in the WAL, and in the file, too.
  expect(commits.commit([Array(80).fill(text)])).toBe(false);
  expect(commits.commit([Array(20).fill(text)])).toBe(true);
  commits.tidy();
  expect(commits.commit([Array(20).fill(text)])).toBe(true);
  expect(statSync(path).size).toBeLessThan(200_000);
  expect(commits.commit([Array(20).fill(text)])).toBe(true);
  commits.tidy();
  // As much as the reserve is not left waiting.
  expect(statSync(path).size).toBeGreaterThan(600_000);
  reserve.freeBytes = 10_000_000;
  expect(commits.commit([Array(80).fill(text)])).toBe(true);
  file.close();
});

test("many rows through a file leave it small, also while it is busy", () => {
  const { file, commits } = open();
  const sizes: number[] = [];
  for (let round = 0; round < 200; round++) {
    // Ten at a time, and the ten before go.
    commits.commit([Array(10).fill(text), round === 0 ? 0 : 10]);
    commits.tidy();
    if (round % 20 === 19) sizes.push(statSync(path).size + statSync(`${path}-wal`).size);
  }
  // 20 MB went through.
  expect(Math.max(...sizes)).toBeLessThan(10 * 1024 * 1024);
  commits.commit([10]);
  while (commits.tidyIdle());
  file.close();
  expect(statSync(path).size).toBeLessThan(64 * 1024);
});

test("a reader sees the file as it is between two commits, while it is written", () => {
  const { file, commits } = open();
  commits.commit([["one"]]);
  const reader = openForReading(path, sampleKind);
  file.database.exec("BEGIN; INSERT INTO texts (text) VALUES ('half')");
  expect(reader.prepare("SELECT count(*) AS n FROM texts").get()?.n).toBe(1);
  file.database.exec("ROLLBACK");
  reader.close();
  file.close();
});

test("a file that was not closed in order says so to the next, and is looked through", () => {
  const first = open();
  first.commits.commit([["one"]]);
  first.file.abandon();
  const second = open();
  expect(second.opened).toEqual({ wasClosed: false });
  second.file.close();
  const third = open();
  expect(third.opened).toEqual({ wasClosed: true });
  third.file.close();
});

/** 2: commits are synced; 1: only checkpoints are. */
class SyncRecorder extends StorageFaults {
  readonly synchronous: unknown[] = [];
  database: DatabaseSync | undefined;

  override beforeCommit(): void {
    this.synchronous.push(this.database?.prepare("PRAGMA synchronous").get()?.synchronous);
  }
}

test.each([
  ["always", [2, 2], false],
  ["interval", [1, 2], true],
  ["none", [1, 2], false],
] as const)(
  "with durability %s a commit, and a sync after it, are synced as they must be",
  (durability, synchronous, hasUnsynced) => {
    const syncsCommits = durability === "always";
    const file = openForWriting({ file: path, kind: sampleKind, syncsCommits, check: "always" });
    const faults = new SyncRecorder();
    faults.database = file.database;
    const write = (): number => Number(file.database.exec("INSERT INTO texts (text) VALUES ('a')") ?? 1);
    const commits = new GroupCommit<string>({ file, write, durability, faults });
    commits.commit(["a"]);
    expect(commits.hasUnsynced).toBe(hasUnsynced);
    commits.sync();
    expect(commits.hasUnsynced).toBe(false);
    expect(faults.synchronous).toEqual(synchronous);
    expect(file.database.prepare("PRAGMA synchronous").get()?.synchronous).toBe(syncsCommits ? 2 : 1);
    file.close();
  },
);
