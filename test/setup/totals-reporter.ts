// Prints the last line of a test run in a form that a script can read without knowing vitest's layout.
import type { Reporter, TestModule } from "vitest/node";

type Totals = { passed: number; failed: number };

/** A module that fails outside its tests (at import, or in a hook: a leaked handle) counts as one failed test. */
function add(totals: Totals, module: TestModule): void {
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === "passed") totals.passed++;
    if (state === "failed") totals.failed++;
  }
  if (module.errors().length > 0) totals.failed++;
}

export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const totals: Totals = { passed: 0, failed: unhandled.length };
    for (const module of modules) add(totals, module);
    // After the summary of the reporter that stands before this one.
    process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
  }
}
