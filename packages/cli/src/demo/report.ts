/** What the demo prints when it is done: a table for people, or one line of JSON. */
import type { DemoResult } from "./run-demo.ts";

/** `{"files","bytes","words","distinct","top","redelivered","seconds"}`, with its line end. */
export function formatJson({ files, bytes, words, distinct, top, redelivered, seconds }: DemoResult): string {
  return `${JSON.stringify({ files, bytes, words, distinct, top, redelivered, seconds: round(seconds) })}\n`;
}

export function formatTable(result: DemoResult): string {
  const { files, bytes, words, distinct, top, redelivered, perWorker, seconds, failed } = result;
  const rows: [string, string][] = [
    ["files", group(files)],
    ["bytes", group(bytes)],
    ["words", group(words)],
    ["distinct words", group(distinct)],
    ["seconds", seconds.toFixed(2)],
    ["tasks per second", group(Math.round((files + failed.length) / seconds))],
    ["MB per second", (bytes / 1e6 / seconds).toFixed(1)],
    ["redelivered tasks", group(redelivered)],
    ...(failed.length > 0 ? [["files not counted", group(failed.length)] as [string, string]] : []),
    ...[...perWorker].sort().map(([worker, count]): [string, string] => [`tasks of ${worker}`, group(count)]),
  ];
  const words20 = top.map(([word, count]): [string, string] => [word, group(count)]);
  return `\n${align(rows)}\n${align(words20)}`;
}

/** Labels to the left, figures to the right. */
function align(rows: readonly (readonly [string, string])[]): string {
  const labelChars = Math.min(40, Math.max(0, ...rows.map(([label]) => label.length)));
  const figureChars = Math.max(0, ...rows.map(([, figure]) => figure.length));
  return rows
    .map(
      ([label, figure]) =>
        `  ${cut(label, labelChars).padEnd(labelChars)}  ${figure.padStart(figureChars)}\n`,
    )
    .join("");
}

const cut = (label: string, chars: number): string =>
  label.length <= chars ? label : `${label.slice(0, chars - 1)}…`;

/** 1234567 → 1,234,567 on every machine, whatever its language. */
const group = (count: number): string => count.toLocaleString("en-US");

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
