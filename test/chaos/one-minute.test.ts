/** A minute under fire: what `chaos --minutes 1` does, as a test. */
import { expect, test } from "vitest";
import { formatReport } from "./support/format-report.ts";
import { runChaos, violationsOf } from "./support/run-chaos.ts";

test("after a minute of kills, stops, stalls, cuts and damage every accepted task has ended once, as it should", async () => {
  const report = await runChaos({ seed: Number(process.env.TQ_SEED ?? 1), minutes: 1, isDurable: true });
  expect(violationsOf(report), formatReport(report)).toEqual([]);
  // Or it would show nothing: work was under way, and blows fell on everybody.
  expect(report.accepted).toBeGreaterThan(1_000);
  expect(report.redelivered).toBeGreaterThan(0);
  expect(Object.keys(report.blows.kills).sort()).toEqual(["producer", "sink", "ventilator", "worker"]);
}, 300_000);
