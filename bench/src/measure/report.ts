/** How every bench speaks: data on stdout, progress on stderr. */

import { InvalidArgumentError } from "commander";

export function reportProgress(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** With `--json`: one line of JSON, the last on stdout. Otherwise the text. */
export function printFigures(figures: unknown, options: { json: boolean; text: string }): void {
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${options.text}\n`);
}

/** Columns as wide as their widest cell, the first to the left, the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const formatRow = (row: readonly string[]) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return rows.map((row) => formatRow(row).join("  ")).join("\n");
}

/** For options that take a count of at least 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError("Must be an integer of at least 1.");
  return count;
}

/** For options that may also be 0. */
export function parseSize(text: string): number {
  return text === "0" ? 0 : parseCount(text);
}
