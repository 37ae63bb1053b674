import { TqError } from "@tq/common";
import { describe, expect, test } from "vitest";
import type { ControlReport, ControlRequest } from "./controls.ts";
import { worker as pushTaker, submit as submitPushed } from "./push-lane.test-support.ts";
import { type ScriptedWorker, TestBed } from "./ventilator-core.test-support.ts";

/** Gives a command; the reports are those that have come so far, one at most. */
const give = (bed: TestBed, request: Partial<ControlRequest>): ControlReport[] => {
  const reports: ControlReport[] = [];
  const checked = { command: "pause" as const, task: undefined, tags: [], timeoutMs: 200, ...request };
  bed.core.control(bed.now, checked, (report) => reports.push(report));
  bed.settle();
  return reports;
};

const commandsOf = ({ received }: ScriptedWorker): string[] =>
  received.flatMap((message) =>
    message.verb === "CONTROL" ? [`${message.command} ${message.task ?? "all"}`] : [],
  );

const verbsOf = ({ received }: ScriptedWorker): string[] => received.map(({ verb }) => verb);

describe("a command", () => {
  test("goes to the workers that have all of the tags, and comes back with those who have confirmed", () => {
    const bed = new TestBed();
    const both = bed.worker("both", { tags: ["gpu", "big"] });
    const one = bed.worker("one", { tags: ["gpu"] });
    expect(give(bed, { tags: ["big", "gpu"] })).toEqual([
      { confirmed: [{ name: "both", tags: ["gpu", "big"] }], unconfirmed: [] },
    ]);
    expect([commandsOf(both), commandsOf(one)]).toEqual([["pause all"], []]);
  });

  test("goes to the workers that run the task; where nobody is meant it is answered at once", () => {
    const bed = new TestBed();
    const worker = bed.worker("w");
    expect(give(bed, { task: "play" })).toEqual([{ confirmed: [], unconfirmed: [] }]);
    expect(give(bed, { task: "work" })).toMatchObject([{ confirmed: [{ name: "w" }] }]);
    expect(commandsOf(worker)).toEqual(["pause work"]);
  });

  test("waits no longer than its time for a worker that does not answer", () => {
    const bed = new TestBed();
    bed.worker("deaf", { isDeaf: true });
    bed.worker("w");
    const reports = give(bed, { timeoutMs: 200 });
    bed.pass(150);
    expect(reports).toEqual([]);
    bed.pass(50);
    expect(reports).toEqual([
      {
        confirmed: [{ name: "w", tags: [] }],
        unconfirmed: [{ name: "deaf", tags: [], reason: "timeout" }],
      },
    ]);
  });

  test("does not wait for a worker that is gone", () => {
    const bed = new TestBed();
    const dying = bed.worker("dying", { isDeaf: true });
    const reports = give(bed, { timeoutMs: 60_000 });
    dying.isAlive = false;
    bed.pass(400);
    expect(reports).toMatchObject([{ confirmed: [], unconfirmed: [{ name: "dying", reason: "gone" }] }]);
  });

  test("to drain is carried out by who says goodbye, and who is to leave gets no more tasks", () => {
    const bed = new TestBed();
    const leaving = bed.worker("leaving", { isDeaf: true });
    const reports = give(bed, { command: "drain" });
    bed.submit(1, 1);
    expect(leaving.tasks).toBe("");
    expect(reports).toEqual([]);
    leaving.client.close("drained");
    bed.settle();
    expect(reports).toMatchObject([{ confirmed: [{ name: "leaving" }], unconfirmed: [] }]);
    expect(bed.core.stats().pauses).toEqual([]);
    expect(bed.worker("next").tasks).toBe("1");
  });

  test("is answered when the ventilator closes", () => {
    const bed = new TestBed();
    bed.worker("deaf", { isDeaf: true });
    const reports = give(bed, {});
    bed.core.close(bed.now, new TqError("TQ_ERR_CLOSED", "the ventilator closes"));
    expect(reports).toMatchObject([{ unconfirmed: [{ name: "deaf", reason: "gone" }] }]);
  });
});

describe("paused tasks", () => {
  test("are handed out to nobody, and to all again after resume", () => {
    const bed = new TestBed();
    const worker = bed.worker("w");
    give(bed, { task: "work" });
    bed.submit(1, 2);
    bed.pass(300);
    expect(worker.tasks).toBe("");
    give(bed, { command: "resume" });
    expect(worker.tasks).toBe("1,2");
  });

  test("go to the workers that are not paused", () => {
    const bed = new TestBed();
    const [one, two] = [bed.worker("one", { tags: ["gpu"] }), bed.worker("two")];
    give(bed, { tags: ["gpu"] });
    bed.submit(1, 4);
    expect([one.tasks, two.tasks]).toEqual(["", "1,2,3,4"]);
  });

  test("stay paused at workers that come later or come back, which are told before they get anything else", () => {
    const bed = new TestBed();
    give(bed, { tags: ["gpu"] });
    give(bed, { command: "resume", task: "play" });
    bed.submit(1, 1);
    const late = bed.worker("late", { tags: ["gpu"] });
    expect(commandsOf(late)).toEqual(["pause all", "resume play"]);
    expect(late.tasks).toBe("");
    late.client.close("leaves");
    bed.settle();
    const back = bed.worker("back", { tags: ["gpu"] });
    give(bed, { command: "resume" });
    expect(verbsOf(back)).toEqual(["CONTROL", "CONTROL", "CONTROL", "TASKS"]);
  });

  test("have no worker where all were asked to drain: to resume would not help", () => {
    const bed = new TestBed();
    bed.worker("leaving", { isDeaf: true });
    give(bed, { command: "drain" });
    bed.submit(1, 3);
    bed.pass(2_500);
    expect(bed.eventsOf("tasks.unroutable")).toMatchObject([{ task: "work", waiting: 3, present: [] }]);
    expect(bed.eventsOf("tasks.paused")).toEqual([]);
    expect(bed.core.stats()).toMatchObject({ paused: [], unroutable: [{ task: "work", waiting: 3 }] });
    bed.worker("next");
    bed.pass(1_000);
    expect(bed.eventsOf("tasks.routable")).toHaveLength(1);
  });

  test("are said to be paused, once, and not to have no worker", () => {
    const bed = new TestBed();
    bed.worker("w");
    give(bed, {});
    bed.submit(1, 3);
    bed.pass(2_500);
    expect(bed.eventsOf("tasks.paused")).toMatchObject([{ task: "work", waiting: 3, workers: 1 }]);
    expect(bed.eventsOf("tasks.unroutable")).toEqual([]);
    expect(bed.core.stats()).toMatchObject({
      unroutable: [],
      paused: [{ task: "work", waiting: 3 }],
      pauses: [{ command: "pause", tags: [] }],
    });
    expect(bed.core.state()).toMatchObject({ pauses: [{ command: "pause" }] });
    give(bed, { command: "resume" });
    bed.pass(2_500);
    expect(bed.core.stats()).toMatchObject({ paused: [], pauses: [] });
    expect(bed.eventsOf("tasks.paused")).toHaveLength(1);
  });

  test("on the push lane wait as soon as all their workers are paused, and are sent after resume", () => {
    const bed = new TestBed({ push: "both ends" });
    pushTaker(bed, "w");
    give(bed, { task: "work" });
    submitPushed(bed, [1, 3]);
    bed.pass(1_500);
    expect(bed.pushed).toEqual([]);
    expect(bed.core.stats().paused).toMatchObject([{ task: "work", waiting: 3 }]);
    expect(bed.eventsOf("tasks.unroutable")).toEqual([]);
    give(bed, { command: "resume" });
    bed.pass(200);
    expect(bed.pushed.length).toBeGreaterThan(0);
  });

  test("that are suspects wait, too, and reserve nobody meanwhile", () => {
    const bed = new TestBed();
    const lost = bed.worker("lost");
    bed.submit(1, 1);
    lost.isAlive = false;
    give(bed, {});
    bed.pass(350);
    const next = bed.worker("next");
    bed.pass(300);
    expect(verbsOf(next)).toEqual(["CONTROL"]);
    give(bed, { command: "resume" });
    expect(next.tasks).toBe("1#2");
  });
});

test("more different pauses than anybody can mean are refused, and do not count", () => {
  const bed = new TestBed();
  for (let count = 0; count < 1_024; count++) give(bed, { task: `task-${count}` });
  expect(() => give(bed, { task: "one-more" })).toThrow(expect.objectContaining({ code: "TQ_ERR_LIMIT" }));
  expect(bed.core.stats().pauses).toHaveLength(1_024);
  give(bed, { command: "resume" });
  expect(bed.core.stats().pauses).toEqual([]);
});
