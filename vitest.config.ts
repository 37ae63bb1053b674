// Decides which tests exist and how they run: one project per kind of test, so that `vitest run --project unit`
// runs one kind alone. Each test file has a process of its own (forks), because a role started in one file must not
// be able to disturb another, and because the leak check counts the handles of a whole process.
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

type Kind = {
  name: string;
  include: string[];
  testTimeoutMs: number;
  globalSetup?: string[];
  /** Kinds of the same number run side by side, lower ones first. Default 0. */
  groupOrder?: number;
};

/** Kinds that start processes or compile need more than the few seconds that a pure test may take. */
const kinds: Kind[] = [
  { name: "unit", include: ["packages/**/*.test.ts", "bench/**/*.test.ts"], testTimeoutMs: 5_000 },
  { name: "architecture", include: ["test/architecture/**/*.test.ts"], testTimeoutMs: 30_000 },
  { name: "setup", include: ["test/setup/**/*.test.ts", "test/support/**/*.test.ts"], testTimeoutMs: 30_000 },
  { name: "types", include: ["test/types/**/*.test.ts"], testTimeoutMs: 60_000 },
  { name: "conformance", include: ["test/conformance/**/*.test.ts"], testTimeoutMs: 30_000 },
  { name: "simulation", include: ["test/simulation/**/*.test.ts"], testTimeoutMs: 120_000 },
  { name: "integration", include: ["test/integration/**/*.test.ts"], testTimeoutMs: 60_000 },
  { name: "examples", include: ["test/examples/**/*.test.ts"], testTimeoutMs: 60_000 },
  {
    name: "packages",
    include: ["test/packages/**/*.test.ts"],
    testTimeoutMs: 120_000,
    globalSetup: ["./test/packages/global-setup.ts"],
  },
  { name: "regression", include: ["test/regression/**/*.test.ts"], testTimeoutMs: 60_000 },
  // Last and alone: a dozen processes each, which are to be late because of what is done to them, and of nothing else.
  { name: "chaos", include: ["test/chaos/**/*.test.ts"], testTimeoutMs: 180_000, groupOrder: 1 },
];

const project = ({
  name,
  include,
  testTimeoutMs,
  globalSetup = [],
  groupOrder = 0,
}: Kind): TestProjectInlineConfiguration => ({
  test: {
    name,
    include,
    globalSetup,
    setupFiles: ["./test/setup/no-leaks.ts"],
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    pool: "forks",
    // Tests that start threads: see packages/common/src/node/keep-wasm-code.ts.
    execArgv: ["--no-wasm-code-gc"],
    sequence: { groupOrder },
    restoreMocks: true,
  },
});

export default defineConfig({
  test: {
    projects: kinds.map(project),
    reporters: ["default", "./test/setup/totals-reporter.ts"],
    // The slowest machine that must pass has two cores, and integration tests start processes of their own.
    maxWorkers: 2,
    // A focused test would silently switch off all others.
    allowOnly: false,
    // A list that is missing is a failure; what it would say is written by --update only.
    update: "none",
  },
});
