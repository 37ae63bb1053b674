import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Result, TqError } from "@tq/common";
import type { ResultCursor } from "@tq/sink";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { refuseFileOfStore } from "./own-file.ts";
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

test("a file that was moved is begun anew where it was: no line goes where nobody finds it", async () => {
  const cursor = new ScriptedCursor(undefined, [result(1)], [result(2)], [result(3)]);
  const moved = join(folder, "moved.ndjson");
  const moving: typeof append = async (file, to, bytes) => {
    await append(file, to, bytes);
    if (!existsSync(moved)) renameSync(path, moved);
  };
  await writeStoredFile(path, { cursor, log, closed: never, append: moving });
  expect(taskIds()).toEqual(["2", "3"]);
  expect(readFileSync(moved, "utf8").split("\n")).toHaveLength(2);
  expect(cursor.notes.at(-1)).toBe(readFileSync(path).length);
});

test("what others append, or cut off, while it is written never has a later start cut a line of ours", async () => {
  const cursor = new ScriptedCursor(undefined, [result(1)], [result(2)]);
  const disturbed: typeof append = async (file, to, bytes) => {
    appendFileSync(path, "theirs\n");
    await append(file, to, bytes);
  };
  await writeStoredFile(path, { cursor, log, closed: never, append: disturbed });
  expect(cursor.notes.at(-1)).toBe(readFileSync(path).length);
  const emptied: typeof append = async (file, to, bytes) => {
    truncateSync(path);
    await append(file, to, bytes);
  };
  const second = new ScriptedCursor(cursor.notes.at(-1), [result(3)]);
  await writeStoredFile(path, { cursor: second, log, closed: never, append: emptied });
  expect(taskIds()).toEqual(["3"]);
  expect(second.notes.at(-1)).toBe(readFileSync(path).length);
});

test("a file whose saved end is in the middle of a line is another one: nothing of it is cut off", async () => {
  writeFileSync(path, "somebody else's\n");
  const cursor = new ScriptedCursor(4);
  await writeStoredFile(path, { cursor, log, closed: never });
  expect(readFileSync(path, "utf8")).toBe("somebody else's\n");
  expect(cursor.notes).toEqual([16]);
});

test("a sink that closes before the length could be saved has written nothing, and is not to blame", async () => {
  const cursor = new ScriptedCursor(undefined, [result(1)]);
  cursor.saved = () => Promise.reject(new TqError("TQ_ERR_CLOSED", "closed"));
  await writeStoredFile(path, { cursor, log, closed: never });
  expect(readFileSync(path, "utf8")).toBe("");
});

test("a file of the store itself is refused, however it is called", () => {
  const store = join(folder, "results.db");
  writeFileSync(store, "");
  symlinkSync(store, path);
  for (const out of [store, `${store}-wal`, `${folder}/x/../results.db.reserve`, path])
    expect(() => refuseFileOfStore(out, store)).toThrow(/is a file of --store/);
  expect(() => refuseFileOfStore(join(folder, "results.db.ndjson"), store)).not.toThrow();
  const missing = join(folder, "none/results.db");
  expect(() => refuseFileOfStore(missing, missing)).toThrow(/is a file of --store/);
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
