/** A journal's numbers, and what salvage has saved, as lines for people. */
import type { JournalSummary, SalvageReport, TaskCounts } from "@tq/ventilator/journal";

const states = ["waiting", "scheduled", "settling"] as const satisfies readonly (keyof TaskCounts)[];

export function formatSummary(summary: JournalSummary): string {
  const { file, bytes, tasks, byTask, batches, origins, damagedRows } = summary;
  const { retried, suspects, deadLetters, idempotencyKeys, movedInDoubt } = summary;
  const rows = [["task", ...states], ...Object.entries(byTask).map(rowOf), rowOf(["all", tasks])];
  const lines = [
    `${file}: ${(bytes / 1e6).toFixed(1)} MB, ${batches} batches, ${origins} submitters`,
    ...alignColumns(rows),
    `of these: ${retried} failed before, ${suspects} suspected of killing workers`,
    `dead letters: ${deadLetters}; idempotency keys: ${idempotencyKeys}; moved in doubt: ${movedInDoubt}`,
  ];
  if (damagedRows > 0)
    lines.push(`DAMAGED: ${damagedRows} rows are not what was written; see tq journal salvage`);
  return `${lines.join("\n")}\n`;
}

export function formatSalvage({ file, saved, savedTasks, lost }: SalvageReport): string {
  const others = Object.entries(saved).filter(([table, rows]) => table !== "batches" && rows > 0);
  const beside = others.map(([table, rows]) => `, ${rows} of ${table}`).join("");
  const lines = [`${file}: saved ${savedTasks} tasks in ${saved.batches} batches${beside}`];
  for (const { table, key, reason, tasks } of lost) {
    lines.push(`lost: ${table}, ${key}${tasks === undefined ? "" : ` (${tasks} tasks)`}: ${reason}`);
  }
  if (lost.length === 0) lines.push("nothing was lost");
  return `${lines.join("\n")}\n`;
}

const rowOf = ([name, counts]: [string, TaskCounts]): string[] => [
  name,
  ...states.map((state) => String(counts[state])),
];

/** The first to the left, the others to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}
