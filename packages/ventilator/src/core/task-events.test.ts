import { type TaskEventType, type TaskRunEvent, taskEventTypes } from "@tq/common/events";
import { expect, test } from "vitest";
import { idsOf, origin, TestBed } from "./ventilator-core.test-support.ts";

const all = new Set(taskEventTypes);
const only = (...types: TaskEventType[]) => new Set(types);
const brief = ({ type, run: [, first, count], attempt }: TaskRunEvent) =>
  `${type} ${first}+${count}#${attempt}`;

test("nothing is told of tasks while nobody watches", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 3);
  worker.done(bed.now, [1, 2, 3]);
  bed.settle();
  expect(bed.steps).toEqual([]);
});

test("neighbours that make the same step are one run, each step in its order", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.core.watchTasks(all);
  bed.submit(1, 50);
  worker.done(bed.now, [1, 2, 3, 7]);
  bed.settle();
  expect(bed.steps.map(brief)).toEqual([
    "task.accepted 1+50#0",
    "task.leased 1+50#1",
    "task.completed 1+3#1",
    "task.completed 7+1#1",
  ]);
  expect(bed.steps[1]).toMatchObject({ task: "work", worker: "w" });
});

test("only what is watched is told", () => {
  const bed = new TestBed();
  bed.worker("w");
  bed.core.watchTasks(only("task.leased"));
  bed.submit(1, 1);
  bed.core.watchTasks(only());
  bed.submit(2, 1);
  expect(bed.steps.map(brief)).toEqual(["task.leased 1+1#1"]);
});

test("another attempt is told with its number, and the end with the error that it was proposed with", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.core.watchTasks(all);
  bed.submit(1, 1, { maxAttempts: 2 });
  worker.fail(bed.now, 1);
  bed.pass(100);
  worker.fail(bed.now, 1, { attempt: 2, message: "again" });
  bed.settle();
  bed.sink.commit(bed.now);
  bed.settle();
  expect(bed.steps.map(brief)).toEqual([
    "task.accepted 1+1#0",
    "task.leased 1+1#1",
    "task.leased 1+1#2",
    "task.failed 1+1#2",
  ]);
  expect(bed.steps.at(-1)?.error).toEqual({ name: "Error", message: "again" });
});

test("a failure of which another outcome stands is told as that one, without the error", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.core.watchTasks(all);
  bed.submit(1, 1, { maxAttempts: 1 });
  worker.fail(bed.now, 1);
  bed.settle();
  bed.sink.commit(bed.now, "completed");
  bed.settle();
  expect(bed.steps.at(-1)).toEqual({ type: "task.completed", task: "work", run: [origin, 1, 1], attempt: 1 });
});

test("what failed for a caller that waits is told as failed", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.core.watchTasks(only("task.failed", "task.completed"));
  bed.submit(1, 1, { reply: "answer", maxAttempts: 1 });
  const [answered] = worker.received.flatMap((message) => (message.verb === "TASKS" ? [message] : []));
  worker.session.send(bed.now, {
    verb: "FAILED",
    epoch: worker.epoch,
    ids: answered?.ids ?? idsOf(origin, [1]),
    final: { at: [0], values: [true] },
    values: { lengths: [1], slab: Buffer.from([0xc0]) },
  });
  bed.settle();
  expect(bed.steps.map(({ type }) => type)).toEqual(["task.failed"]);
});

test("a task with a trace of its own is told with it, apart from its neighbours", () => {
  const bed = new TestBed();
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = { at: [1], values: [`00-${traceId}-b7ad6b7169203331-01`] };
  bed.core.watchTasks(only("task.accepted"));
  bed.submit(1, 3, { columns: { traceparent } });
  expect(bed.steps.map(({ run, traceId: own }) => [run[1], run[2], own])).toEqual([
    [1, 1, undefined],
    [2, 1, traceId],
    [3, 1, undefined],
  ]);
});

test("steps come before whatever is reported after them", () => {
  const bed = new TestBed();
  bed.core.watchTasks(only("task.accepted"));
  const stepsThen: number[] = [];
  bed.events.push = (...events) => {
    for (const { type } of events) if (type === "task.settling") stepsThen.push(bed.steps.length);
    return 0;
  };
  bed.port.submit(
    {
      definition: { name: "work" },
      reply: "sink",
      ids: idsOf(origin, [1]),
      options: {},
      values: { lengths: [1], slab: Buffer.from([0xc0]) },
    },
    0,
  );
  bed.port.cancel(idsOf(origin, [1]));
  expect(stepsThen).toEqual([1]);
});

test("a snapshot counts what is here, by definition and in all", () => {
  const bed = new TestBed();
  bed.worker("w", { credit: 2, slots: 3 });
  bed.submit(1, 5);
  bed.submit(6, 2, { columns: { notBeforeMs: { at: [0, 1], values: [9_000, 9_000] } } });
  const state = bed.core.state();
  expect(state.workers).toEqual([
    { worker: "w", tasks: ["work"], slots: 3, tags: [], leases: 2, state: "open" },
  ]);
  expect(state.sinks).toEqual([{ endpoint: "memory:sink", sink: "sink-a", isConnected: true }]);
  expect(state.definitions).toMatchObject([{ task: "work", workers: 1, unsettled: 7, ready: 3, leased: 2 }]);
  expect(state.totals).toMatchObject({
    workers: 1,
    sinks: 1,
    unsettled: 7,
    ready: 3,
    leased: 2,
    suspects: 0,
  });
});
