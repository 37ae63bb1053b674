import { expect, test } from "vitest";
import { formatProgress } from "./progress-bar.ts";
import { formatJson, formatTable } from "./report.ts";

const result = {
  files: 2,
  bytes: 3_000_000,
  words: 1_234_567,
  distinct: 2,
  top: [
    ["the", 1_000_000],
    ["constructor", 234_567],
  ] as const,
  redelivered: 1,
  seconds: 1.50049,
  perWorker: new Map([
    ["worker-2", 1],
    ["worker-1", 1],
  ]),
  failures: [],
  failed: [],
};

test("the line of JSON has these fields, in this order, and no other", () => {
  expect(formatJson(result)).toBe(
    '{"files":2,"bytes":3000000,"words":1234567,"distinct":2,"top":[["the",1000000],["constructor",234567]],"redelivered":1,"seconds":1.5}\n',
  );
});

test("the table shows the totals, rates, each worker's tasks and the words", () => {
  const table = formatTable(result);
  for (const line of [
    /words +1,234,567\n/,
    /MB per second +2\.0\n/,
    /tasks of worker-1 +1\n.*tasks of worker-2 +1\n/s,
    /the +1,000,000\n/,
  ])
    expect(table).toMatch(line);
});

test("the bar fills with the results", () => {
  const line = formatProgress({ results: 30, total: 60, bytes: 5_000_000, workers: 2, seconds: 2 });
  expect(line).toBe("[############............] 30 of 60 files, 15 files/s, 2.5 MB/s, 2 workers");
});
