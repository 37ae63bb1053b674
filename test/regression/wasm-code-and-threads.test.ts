/** A bug of V8 13.6 ended whole processes in which threads that had loaded TypeScript came and went. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** How often V8 collects WebAssembly code while threads come and go, where it is asked to at every turn. */
const collections = async (mode: string): Promise<number> => {
  const file = join(import.meta.dirname, "fixtures/wasm-churn.ts");
  const flags = [
    "--expose-gc",
    "--stress-wasm-code-gc",
    "--trace-wasm-code-gc",
    "--wasm-wrapper-tiering-budget=10",
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, file, mode]);
  const [, during = ""] = stdout.split("threads\n");
  return during.split("Starting GC").length - 1;
};

test("V8 frees no WebAssembly code in a process with tq's threads, where it would free some of it twice", async () => {
  expect(await collections("free")).toBeGreaterThan(0);
  const isAffected = process.versions.v8.startsWith("13.6.");
  expect((await collections("keep")) === 0).toBe(isAffected);
});
