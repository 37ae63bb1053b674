import { expect, test } from "vitest";
import { committedSteps } from "./committed-steps.ts";
import type { ResultBatch } from "./result-batch.ts";
import { origin, Rig } from "./rig.test-support.ts";

const batch = (more: Partial<ResultBatch>): ResultBatch => ({
  name: "double",
  contract: undefined,
  outcome: "completed",
  count: 6,
  ids: { origins: [origin], runs: [0, 11, 4, 0, 21, 2] },
  attempts: undefined,
  traceparent: undefined,
  durationsUs: undefined,
  values: { lengths: [1, 1, 1, 1, 1, 1], slab: Buffer.alloc(6) },
  worker: "w",
  ...more,
});
const runsOf = (rows: Parameters<typeof committedSteps>[0]) =>
  committedSteps(rows).map(({ run, attempt, traceId }) => [run[1], run[2], attempt, traceId]);

test("rows that are committed are told as runs, as far as they were committed", () => {
  expect(runsOf({ batch: batch({}), from: 1, to: 5 })).toEqual([
    [12, 3, 1, undefined],
    [21, 1, 1, undefined],
  ]);
});

test("a run ends where the attempt changes, and a trace of its own stands alone", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const attempts = { at: [1, 2], values: [2, 2] };
  const traceparent = { at: [2], values: [`00-${traceId}-b7ad6b7169203331-01`] };
  expect(runsOf({ batch: batch({ attempts, traceparent }), from: 0, to: 6 })).toEqual([
    [11, 1, 1, undefined],
    [12, 1, 2, undefined],
    [13, 1, 2, traceId],
    [14, 1, 1, undefined],
    [21, 2, 1, undefined],
  ]);
});

test("a sink tells of commits while they are watched, and how it stands at any time", () => {
  const rig = new Rig();
  const worker = rig.worker("w");
  const reader = rig.core.openReader();
  worker.results([1, 2]);
  rig.read(reader);
  rig.settle();
  expect(rig.steps).toEqual([]);
  rig.core.watchTasks(new Set(["task.committed"]));
  worker.results([3, 4]);
  expect(rig.core.state()).toMatchObject({
    peers: [{ role: "worker", peer: "w" }],
    definitions: [{ task: "double", waiting: 2 }],
    totals: { workers: 1, committed: { completed: 2 } },
  });
  rig.read(reader);
  rig.settle();
  expect(rig.steps.map(({ run }) => run[1])).toEqual([3, 4]);
  expect(rig.steps[0]).toMatchObject({ type: "task.committed", outcome: "completed", worker: "w" });
});
