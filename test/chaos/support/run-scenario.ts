/** Scenarios are tests with a clock: `test` runs them in short spans where they would last long, this runs one as it is told. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { realTimeVariable } from "./spans.ts";

const folder = join(import.meta.dirname, "..", "scenarios");
const ending = ".test.ts";

export const scenarioNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length));

/** Resolves with the exit code. */
export async function runScenario(name: string): Promise<number> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const words = [vitest, "run", "--project", "chaos", join(folder, name + ending)];
  const child = spawn(process.execPath, words, {
    stdio: "inherit",
    env: { ...process.env, [realTimeVariable]: "1" },
  });
  const [exitCode] = await once(child, "close");
  return exitCode ?? 1;
}
