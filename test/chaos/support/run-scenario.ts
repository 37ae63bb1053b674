/**
 * Scenarios are tests: `test` runs those that would last long in short spans (and the simulation in full, on its virtual clock),
 * this runs one in real time. Some stand with the other tests of their kind.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { realTimeVariable } from "./spans.ts";

const folder = "test/chaos/scenarios";
const ending = ".test.ts";
const root = join(import.meta.dirname, "../../..");

interface Place {
  readonly project: string;
  readonly file: string;
  /** Part of the test's name. Default: all of the file. */
  readonly test?: string;
}

const dyingWorkers = { project: "integration", file: "test/integration/dying-workers.test.ts" };

const elsewhere: { readonly [name: string]: Place } = {
  "zombie-worker": { ...dyingWorkers, test: "a worker stopped until it is gone" },
  "blocked-handler": { ...dyingWorkers, test: "a handler that blocks its event loop" },
  "blocked-ventilator": { ...dyingWorkers, test: "whose own loop stands still" },
  "endless-handler": {
    project: "integration",
    file: "test/integration/bad-handlers.test.ts",
    test: "a handler that never settles",
  },
};

export function scenarioNames(): string[] {
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith(ending));
  return [...files.map((file) => file.slice(0, -ending.length)), ...Object.keys(elsewhere)].sort();
}

/** Resolves with the exit code. */
export async function runScenario(name: string): Promise<number> {
  const { project, file, test } = elsewhere[name] ?? {
    project: "chaos",
    file: `${folder}/${name}${ending}`,
    test: undefined,
  };
  const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
  const words = [vitest, "run", "--project", project, file, ...(test === undefined ? [] : ["-t", test])];
  const child = spawn(process.execPath, words, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, [realTimeVariable]: "1" },
  });
  const [exitCode] = await once(child, "close");
  return exitCode ?? 1;
}
