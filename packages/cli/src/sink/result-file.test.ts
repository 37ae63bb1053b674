import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openResultFile } from "./result-file.ts";

let folder: string;
let path: string;
const log = pino({ level: "silent" });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-file-"));
  path = join(folder, "out.ndjson");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("appends to what is there", async () => {
  writeFileSync(path, "old\n");
  const file = await openResultFile(path, log);
  await file.write("new\n");
  await file[Symbol.asyncDispose]();
  expect(readFileSync(path, "utf8")).toBe("old\nnew\n");
});

test("begins a line of its own behind a torn one", async () => {
  writeFileSync(path, 'old\n{"task');
  const file = await openResultFile(path, log);
  await file.write("new\n");
  await file[Symbol.asyncDispose]();
  expect(readFileSync(path, "utf8")).toBe('old\n{"task\nnew\n');
});

test("a path that cannot be opened is misuse, and named", async () => {
  const opening = openResultFile(join(folder, "no/such/folder"), log);
  await expect(opening).rejects.toMatchObject({ code: "TQ_ERR_INVALID_OPTION", message: /^--out .*ENOENT/ });
});

test("a write that fails says so, with the file's name", async () => {
  const file = await openResultFile("/dev/full", log);
  await expect(file.write("line\n")).rejects.toMatchObject({
    code: "TQ_ERR_FILE",
    message: /\/dev\/full.*ENOSPC/,
  });
  await file[Symbol.asyncDispose]();
});
