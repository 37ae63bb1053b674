import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openForWriting, type WritableFile } from "./open-database.ts";
import { sampleKind } from "./sample-file.test-support.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-open-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (file: string): WritableFile =>
  openForWriting({ file: join(folder, file), kind: sampleKind, syncsCommits: true, check: "always" });

test("a file has one writer, by whatever name it is opened", () => {
  mkdirSync(join(folder, "real"));
  symlinkSync(join(folder, "real"), join(folder, "linked"), "dir");
  const first = open("linked/sample.db");
  symlinkSync(join(folder, "real/sample.db"), join(folder, "other.db"));
  for (const name of ["real/sample.db", "linked/sample.db", "other.db"])
    expect(() => open(name)).toThrow(expect.objectContaining({ code: "TQ_ERR_STORAGE_LOCKED" }));
  first.close();
  open("other.db").close();
});
