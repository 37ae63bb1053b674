import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasErrno, LineOutput } from "./line-output.ts";

let folder: string;
let descriptor: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-out-"));
  descriptor = openSync(join(folder, "out"), "w+");
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

const written = () => readFileSync(join(folder, "out"), "utf8");

test("write resolves when the text is in the file", async () => {
  const output = new LineOutput(descriptor);
  await output.write("one\n");
  expect(written()).toBe("one\n");
});

test("lines that are added leave in order, and are there after a flush", async () => {
  const output = new LineOutput(descriptor);
  const expected = Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`);
  for (const line of expected) await output.add(line);
  await output.flush();
  expect(written()).toBe(expected.join(""));
});

test("whoever adds more than is written is asked to wait", () => {
  const output = new LineOutput(descriptor);
  const asked = Array.from({ length: 200 }, () => output.add("x".repeat(1000)));
  expect(asked[0]).toBeUndefined();
  expect(asked.at(-1)).toBeInstanceOf(Promise);
  return output.flush();
});

test("a failed write is told to the next who adds and waits, with the system's name for it", async () => {
  const output = new LineOutput(openSync("/dev/full", "w"));
  output.add("x\n");
  const failure = await output.flush().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(hasErrno(failure, "ENOSPC")).toBe(true);
});
