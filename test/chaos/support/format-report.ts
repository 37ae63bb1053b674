/** A report as people read it. */
import { roles } from "../processes/role-options.ts";
import { type ChaosReport, violationsOf } from "./run-chaos.ts";

export function formatReport(report: ChaosReport): string {
  const { blows } = report;
  const kinds = Object.entries(blows.kinds).filter(([kind]) => kind !== "kill" && kind !== "stop");
  const sumOf = (...names: readonly string[]): number =>
    kinds.reduce((sum, [kind, count]) => (names.includes(kind) ? sum + count : sum), 0);
  const rows: readonly (readonly [name: string, value: string | number])[] = [
    ["seed", report.seed],
    ["minutes", report.minutes],
    ["submitted", report.submitted],
    ["accepted", report.accepted],
    ["refused", report.rejected],
    ["outcome unknown", report.unknown],
    ...roles.map((role) => [`kills of a ${role}`, blows.kills[role] ?? 0] as const),
    ["processes stopped", blows.kinds.stop ?? 0],
    ["stalls", sumOf("stall", "stall onward", "stall back")],
    ["delays", blows.kinds.delay ?? 0],
    ["cuts", sumOf("reset", "hang up", "lose target")],
    ["messages damaged", report.flipped],
    ["redelivered", report.redelivered],
    ["duplicates dropped", report.duplicatesDropped],
    ["moved in doubt", report.movedInDoubt],
    ["lost", report.lost],
    ["committed twice in one store", report.twiceInOne],
    ["committed in two stores", report.twiceAcross],
    ["longest pause", `${(report.longestPauseMs / 1_000).toFixed(1)} s`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return [...lines, ...violationsOf(report).map((line) => `BROKEN: ${line}`), ""].join("\n");
}
