import { expect, test } from "vitest";
import { EventQueue, type QueueLimits } from "./event-queue.ts";
import { brief, commits, joins, origin, snapshot, source } from "./event-samples.test-support.ts";
import { eventLimits } from "./limits.ts";

const key = "0/b1";
const takeAll = (queue: EventQueue): string[] => {
  const taken: string[] = [];
  for (let event = queue.take(); event !== undefined; event = queue.take()) taken.push(brief(event));
  return taken;
};
const begun = (limits: Partial<QueueLimits> = {}, topics = [""]): EventQueue => {
  const queue = new EventQueue(topics, { ...eventLimits, ...limits });
  queue.pushSnapshot(key, snapshot());
  return queue;
};

test("gives the snapshot first, then every event once, in order", () => {
  const queue = begun();
  queue.pushEvents(key, joins(1, 2));
  queue.pushEvents(key, commits(1, [5, 3], [9, 1]));
  queue.pushEvents(key, joins(3));
  expect(takeAll(queue)).toEqual([
    "snapshot",
    "joined 1",
    "joined 2",
    "committed 5",
    "committed 6",
    "committed 7",
    "committed 9",
    "joined 3",
  ]);
});

test("unfolds a run into events that name task, trace, source and time", () => {
  const queue = begun();
  queue.take();
  queue.pushEvents(key, commits(1, [5, 2]));
  queue.take();
  expect(queue.take()).toEqual({
    type: "task.committed",
    task: "t",
    taskId: `${origin}-6`,
    traceId: expect.stringMatching(/^00000000000000aa[0-9a-f]{16}$/),
    attempt: 1,
    outcome: "completed",
    at: 3,
    source,
  });
});

test("tells a gap where it is, by topic and how much", () => {
  const queue = begun();
  queue.pushEvents(key, commits(1, [5, 2]));
  queue.pushEvents(key, commits(8, [12, 1]));
  queue.pushEvents(key, joins(1));
  expect(takeAll(queue)).toEqual([
    "snapshot",
    "committed 5",
    "committed 6",
    "missed 5 task.committed",
    "committed 12",
    "joined 1",
  ]);
  expect(queue.missed).toBe(5);
});

test("a mark tells of what is missing at the end, once, and only of what was chosen", () => {
  const queue = begun({}, ["worker."]);
  queue.pushEvents(key, joins(1));
  queue.pushMark(key, { source, at: 4, next: { "worker.joined": 2, "task.committed": 9 } });
  expect(takeAll(queue)).toEqual(["snapshot", "joined 1"]);
  queue.pushMark(key, { source, at: 5, next: { "worker.joined": 5 } });
  queue.pushMark(key, { source, at: 6, next: { "worker.joined": 6 } });
  expect(takeAll(queue)).toEqual(["missed 4 worker.joined"]);
  queue.pushEvents(key, joins(6));
  expect(takeAll(queue)).toEqual(["joined 6"]);
});

test("while it is full it takes nothing more, and then tells exactly how much that was", () => {
  const queue = begun({ waitingEventsMax: 10 });
  for (let first = 1; first <= 100; first += 5) queue.pushEvents(key, joins(first, 5));
  const taken = takeAll(queue);
  expect(taken).toEqual([
    "snapshot",
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => `joined ${n}`),
    "missed 90 worker.joined",
  ]);
  queue.pushEvents(key, joins(101));
  expect(takeAll(queue)).toEqual(["joined 101"]);
});

test.each([
  ["events", { waitingEventsMax: 7 }],
  ["entries", { waitingEntriesMax: 7 }],
  ["bytes", { waitingBytesMax: 700 }],
])("nothing grows for who never asks: limited by %s", (_, limits) => {
  const queue = begun(limits);
  let missed = 0;
  for (let first = 1; first <= 10_000; first++) queue.pushEvents(key, joins(first), 100);
  for (let second = 0; second < 1_000; second++) {
    queue.pushMark(key, { source, at: second, next: { "worker.joined": 10_001 } });
  }
  const taken = takeAll(queue);
  for (const word of taken) if (word.startsWith("missed")) missed += Number(word.split(" ")[1]);
  // The snapshot is one entry, too.
  const kept = taken.filter((word) => word.startsWith("joined")).length;
  expect(kept).toBeLessThanOrEqual(7);
  expect(kept).toBeGreaterThanOrEqual(6);
  expect(missed).toBe(10_000 - kept);
});

test("what a snapshot of a known source is ahead by was missed; what it already tells of is not told twice", () => {
  const queue = begun();
  queue.pushEvents(key, commits(1, [5, 4]));
  queue.pushSnapshot(key, snapshot({ "task.committed": 8 }));
  queue.pushEvents(key, commits(6, [10, 4]));
  expect(takeAll(queue)).toEqual([
    "snapshot",
    "committed 5",
    "committed 6",
    "committed 7",
    "committed 8",
    "missed 3 task.committed",
    "snapshot",
    "committed 12",
    "committed 13",
  ]);
});

test("a first snapshot begins the count, and a source that was gone begins anew", () => {
  const queue = new EventQueue([""]);
  queue.pushSnapshot(key, snapshot({ "worker.joined": 700 }));
  queue.pushEvents(key, joins(700));
  queue.pushGone(key, { source, at: 9, reason: "silent" });
  queue.pushSnapshot(key, snapshot({ "worker.joined": 900 }));
  queue.pushEvents(key, joins(901));
  expect(takeAll(queue)).toEqual([
    "snapshot",
    "joined 700",
    "gone silent",
    "snapshot",
    "missed 1 worker.joined",
    "joined 901",
  ]);
});

test("a source that went and came back while the queue was full begins anew, and nothing older counts as missed", () => {
  const queue = begun({ waitingEntriesMax: 2 });
  queue.take();
  queue.pushEvents(key, joins(1, 2));
  queue.pushGone(key, { source, at: 0, reason: "silent" });
  queue.pushSnapshot(key, snapshot({ "worker.joined": 9 }));
  expect(takeAll(queue)).toEqual(["joined 1", "joined 2", "gone silent", "snapshot"]);
  queue.pushEvents(key, joins(9));
  expect(takeAll(queue)).toEqual(["joined 9"]);
});
