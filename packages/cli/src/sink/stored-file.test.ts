import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Result, TqError } from "@tq/common";
import type { ResultCursor } from "@tq/sink";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { append } from "./result-file.ts";
import { writeStoredFile } from "./stored-file.ts";

let folder: string;
let path: string;
const log = pino({ level: "silent" });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-file-"));
  path = join(folder, "out.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true }));

const result = (seq: number): Result => ({
  taskId: `00000000000000aa-${seq}`,
  traceId: "t",
  task: "t",
  attempt: 1,
  outcome: "cancelled",
  durationMs: 0,
});

/** Gives one page after the other, then none. */
class ScriptedCursor implements ResultCursor {
  note: number | undefined;
  readonly notes: (number | undefined)[] = [];
  readonly #pages: Result[][];

  constructor(note: number | undefined, ...pages: Result[][]) {
    this.note = note;
    this.#pages = pages;
  }

  next = () => Promise.resolve(this.#pages.shift());
  move = (note?: number) => void this.notes.push(note);
  save = (note: number) => void this.notes.push(note);
  saved = () => Promise.resolve();
  close() {}
}

const never = new Promise<void>(() => {});
const taskIds = () =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).taskId.split("-")[1]);

test("the length of the file is saved before anything is written, and after each page", async () => {
  const cursor = new ScriptedCursor(undefined, [result(1), result(2)], [result(3)]);
  await writeStoredFile(path, { cursor, log, closed: never });
  expect(taskIds()).toEqual(["1", "2", "3"]);
  const { length } = readFileSync(path);
  expect(cursor.notes).toEqual([0, expect.any(Number), length]);
});

test("what is behind the saved length is cut off; what others have left without a line end gets one", async () => {
  writeFileSync(path, "old\ntorn");
  const first = new ScriptedCursor(4);
  await writeStoredFile(path, { cursor: first, log, closed: never });
  expect(readFileSync(path, "utf8")).toBe("old\n");
  writeFileSync(path, "torn");
  const second = new ScriptedCursor(undefined);
  await writeStoredFile(path, { cursor: second, log, closed: never });
  expect(readFileSync(path, "utf8")).toBe("torn\n");
  expect(second.notes).toEqual([5]);
});

test("a full disk is waited for, and nothing is lost or doubled by it; no other error is", async () => {
  let refusals = 3;
  const appendLate: typeof append = (file, to, bytes) => {
    refusals -= 1;
    const cause = Object.assign(new Error("no space"), { code: refusals >= 0 ? "ENOSPC" : "EIO" });
    if (refusals >= 0) throw new TqError("TQ_ERR_FILE", "full", { cause });
    if (refusals < -1) throw new TqError("TQ_ERR_FILE", "broken", { cause });
    return append(file, to, bytes);
  };
  const cursor = new ScriptedCursor(undefined, [result(1)], [result(2)]);
  const writing = writeStoredFile(path, { cursor, log, closed: never, append: appendLate, fullRetryMs: 1 });
  await expect(writing).rejects.toThrow("broken");
  expect(taskIds()).toEqual(["1"]);
});

test("a sink that closes does not wait for a full disk", async () => {
  const cause = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const refuse = () => Promise.reject(new TqError("TQ_ERR_FILE", "full", { cause }));
  const cursor = new ScriptedCursor(undefined, [result(1)]);
  const closed = Promise.resolve();
  await writeStoredFile(path, { cursor, log, closed, append: refuse, fullRetryMs: 60_000 });
  expect(readFileSync(path, "utf8")).toBe("");
});

test("what is no regular file is refused: it has no length to go by", async () => {
  const writing = writeStoredFile("/dev/null", { cursor: new ScriptedCursor(undefined), log, closed: never });
  await expect(writing).rejects.toMatchObject({ code: "TQ_ERR_INVALID_OPTION" });
});
