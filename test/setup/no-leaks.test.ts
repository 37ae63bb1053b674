import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

function runFixture(name: string) {
  const args = [vitest, "run", "--config", join(import.meta.dirname, "fixtures/vitest.config.ts"), name];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

test("a file that leaves a handle open fails, though its tests pass", () => {
  const { status, stdout } = runFixture("leaking");
  expect({ status, lastLine: stdout.trimEnd().split("\n").at(-1) }).toEqual({
    status: 1,
    lastLine: "1 passed, 1 failed",
  });
});

test("a file that closes its handles passes", () => {
  const { status, stdout } = runFixture("clean");
  expect({ status, lastLine: stdout.trimEnd().split("\n").at(-1) }).toEqual({
    status: 0,
    lastLine: "1 passed, 0 failed",
  });
});
