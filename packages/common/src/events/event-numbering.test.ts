import { expect, test } from "vitest";
import { EventNumbering } from "./event-numbering.ts";
import { commits, joins } from "./event-samples.test-support.ts";
import { eventLimits } from "./limits.ts";

function numbered(...batches: { entries: readonly Parameters<EventNumbering["add"]>[0][] }[]) {
  const numbering = new EventNumbering();
  for (const { entries } of batches) for (const entry of entries) numbering.add(entry);
  return numbering;
}
const brief = (numbering: EventNumbering) =>
  numbering.take().map(({ type, first, entries }) => [type, first, entries.length]);

test("neighbours of a type leave together, and the order over all types stays", () => {
  const numbering = numbered(joins(1, 2), commits(1, [1, 4], [9, 2]), joins(1));
  expect(brief(numbering)).toEqual([
    ["worker.joined", 1, 2],
    ["task.committed", 1, 2],
    ["worker.joined", 3, 1],
  ]);
  expect(numbering.next()).toEqual({ "worker.joined": 4, "task.committed": 7 });
  expect(numbering.isEmpty).toBe(true);
});

test("numbers go on from one turn to the next", () => {
  const numbering = numbered(commits(1, [1, 4]));
  numbering.take();
  for (const entry of commits(1, [5, 1]).entries) numbering.add(entry);
  expect(brief(numbering)).toEqual([["task.committed", 5, 1]]);
});

test("a message ends at a number of entries, and at a length of text", () => {
  const many = eventLimits.entriesPerMessageMax + 1;
  expect(brief(numbered(joins(1, many)))).toEqual([
    ["worker.joined", 1, many - 1],
    ["worker.joined", many, 1],
  ]);
  const message = "x".repeat(eventLimits.textCharsPerMessageMax / 2);
  const failed = { type: "task.failed", task: "t", run: ["00000000000000aa", 1, 1], attempt: 1 } as const;
  const entries = Array.from({ length: 5 }, () => ({ ...failed, error: { name: "Error", message } }));
  expect(brief(numbered({ entries })).map(([, , count]) => count)).toEqual([2, 2, 1]);
});
