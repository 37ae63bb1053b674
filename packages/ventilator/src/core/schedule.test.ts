import { encodeValues } from "@tq/common/wire";
import { expect, test } from "vitest";
import { DefinitionQueue } from "./definition-queue.ts";
import { Owner } from "./owner.ts";
import { Schedule } from "./schedule.ts";
import { TaskBatch, taskState } from "./task-batch.ts";

const owner = new Owner(
  "owner",
  { accepted: () => {}, rejected: () => {}, settled: () => {}, duplicate: () => {}, answer: () => {} },
  { bootId: undefined },
);

const batchOf = (count: number): TaskBatch =>
  new TaskBatch({
    origin: "00000000000000a1",
    first: 1,
    count,
    owner,
    queue: new DefinitionQueue("work", undefined),
    policy: undefined,
    reply: "sink",
    options: {},
    acceptedAt: 0,
    values: encodeValues(Array.from({ length: count }, () => 0)),
  });

const hour = 3_600_000;

test("keeps nothing of tasks that are settled long before their time", () => {
  const schedule = new Schedule();
  for (let round = 0; round < 100; round++) {
    const batch = batchOf(100);
    for (let index = 0; index < batch.count; index++)
      schedule.add({ at: hour + round, kind: "expire", batch, index });
    batch.state.fill(taskState.settled);
  }
  expect(schedule.size).toBeLessThanOrEqual(1_024);
});

test("gives out every task that is not settled when it is due, in the order of time", () => {
  const schedule = new Schedule();
  const expected: number[] = [];
  for (let round = 0; round < 100; round++) {
    const batch = batchOf(100);
    for (let index = 0; index < batch.count; index++) {
      const at = (round * 7_919 + index * 104_729) % 10_007;
      schedule.add({ at, kind: "expire", batch, index });
      if (index % 3 === 0) expected.push(at);
      else batch.state[index] = taskState.settled;
    }
  }
  const found: number[] = [];
  for (let due = schedule.takeDue(hour); due !== undefined; due = schedule.takeDue(hour))
    if (due.batch.state[due.index] !== taskState.settled) found.push(due.at);
  expect(found).toEqual(expected.sort((one, other) => one - other));
});
