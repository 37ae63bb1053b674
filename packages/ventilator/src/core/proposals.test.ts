import { encodeValues } from "@tq/common/wire";
import { expect, test } from "vitest";
import { DefinitionQueue } from "./definition-queue.ts";
import { Owner } from "./owner.ts";
import { type Proposal, Proposals } from "./proposals.ts";
import { TaskBatch, taskState } from "./task-batch.ts";

const owner = new Owner(
  "owner",
  { accepted: () => {}, rejected: () => {}, settled: () => {}, duplicate: () => {}, answer: () => {} },
  { bootId: undefined },
);

/** Tasks that all have an outcome to be confirmed. */
const settling = (name: string, count: number): TaskBatch => {
  const batch = new TaskBatch({
    origin: "00000000000000a1",
    first: 1,
    count,
    owner,
    queue: new DefinitionQueue(name, undefined),
    policy: undefined,
    reply: "sink",
    options: {},
    acceptedAt: 0,
    values: encodeValues(Array.from({ length: count }, () => 0)),
  });
  batch.state.fill(taskState.settling);
  return batch;
};

const indexes = (proposals: readonly Proposal[]): number[] => proposals.map(({ index }) => index);

test("hands out what may share a message, in order, and each proposal once", () => {
  const proposals = new Proposals();
  const [work, play] = [settling("work", 4), settling("play", 1)];
  for (const index of [0, 1, 2]) proposals.add({ batch: work, index, outcome: { status: "cancelled" } });
  proposals.add({ batch: play, index: 0, outcome: { status: "cancelled" } });
  proposals.add({ batch: work, index: 3, outcome: { status: "expired" } });
  const messages = [1, 2, 3, 4, 5].map(() => proposals.take(2));
  expect(messages.map(indexes)).toEqual([[0, 1], [2], [0], [3], []]);
  expect(messages[2]?.[0]?.batch).toBe(play);
});

test("leaves out what has got an outcome meanwhile", () => {
  const proposals = new Proposals();
  const batch = settling("work", 3);
  for (const index of [0, 1, 2]) proposals.add({ batch, index, outcome: { status: "cancelled" } });
  batch.state[0] = taskState.settled;
  batch.state[1] = taskState.settled;
  expect(indexes(proposals.take(1))).toEqual([2]);
});

test("a lost sink leaves all that it has not confirmed, sent or not", () => {
  const proposals = new Proposals();
  const count = 600;
  const batch = settling("work", count + 2);
  for (let index = 0; index < count + 2; index++)
    proposals.add({ batch, index, outcome: { status: "cancelled" } });
  proposals.take(count);
  for (let index = 0; index < count - 1; index++) batch.state[index] = taskState.settled;
  proposals.confirmed();
  expect(indexes(proposals.takeAll())).toEqual([count - 1, count, count + 1]);
  expect(proposals.takeAll()).toEqual([]);
});
