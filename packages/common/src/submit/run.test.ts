import { expect, test } from "vitest";
import { z } from "zod";
import { defineTask, TaskFailedError, type } from "../contract/index.ts";
import { idRun } from "../protocol/index.ts";
import { encodeValues } from "../wire/index.ts";
import { double, origins, TestBed } from "./submitter.test-support.ts";

test("run gives the output, and the owner is told that it can forget the answer", async () => {
  const bed = new TestBed();
  const output = bed.submitter.run(double, 21);
  await bed.settle();
  bed.events.accepted(idRun(origins.answer, 1, 1));
  bed.answer(1, 42);
  await expect(output).resolves.toBe(42);
  expect(bed.answeredSeqs).toEqual([1]);
});

test("an output is parsed once, here", async () => {
  const bed = new TestBed();
  const stamped = defineTask({
    name: "stamped",
    input: type<number>(),
    output: z.string().transform((text) => `${text}!`),
  });
  const output = bed.submitter.run(stamped, 1);
  await bed.settle();
  bed.answer(1, "done");
  await expect(output).resolves.toBe("done!");
});

test("an output that does not fit its schema rejects with the path", async () => {
  const bed = new TestBed();
  const typed = defineTask({ name: "typed", input: type<number>(), output: z.object({ n: z.number() }) });
  const late = defineTask({
    name: "late",
    input: type<number>(),
    output: z.number().refine(async (n) => n > 5),
  });
  const outputs = [bed.submitter.run(typed, 1), bed.submitter.run(late, 1)];
  void Promise.allSettled(outputs);
  await bed.settle();
  bed.answer(1, { n: "one" });
  bed.answer(2, 5);
  await expect(outputs[0]).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_OUTPUT",
    message: expect.stringContaining("n: "),
  });
  await expect(outputs[1]).rejects.toMatchObject({ code: "TQ_ERR_INVALID_OUTPUT" });
});

test("a failed task throws the remote error as the cause, with task, attempt and trace", async () => {
  const bed = new TestBed();
  const failed = bed.submitter.run(double, 1);
  failed.catch(() => {});
  await bed.settle();
  bed.events.answer("failed", {
    ids: idRun(origins.answer, 1, 1),
    attempts: { at: [0], values: [3] },
    values: encodeValues([{ name: "TypeError", message: "no", stack: "TypeError: no\n  at there" }]),
  });
  const error = await failed.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(TaskFailedError);
  expect(error).toMatchObject({
    code: "TQ_ERR_TASK_FAILED",
    task: "double",
    taskId: `${origins.answer}-1`,
    attempt: 3,
    cause: { name: "TypeError", message: "no", stack: "TypeError: no\n  at there" },
  });
});

test.each([
  ["cancelled", "TQ_ERR_CANCELLED"],
  ["expired", "TQ_ERR_EXPIRED"],
] as const)("a task that was %s throws %s", async (outcome, code) => {
  const bed = new TestBed();
  const run = bed.submitter.run(double, 1);
  run.catch(() => {});
  await bed.settle();
  bed.stop(1, outcome);
  await expect(run).rejects.toMatchObject({ code, outcome });
});

test("whatever a peer gives as an error is read as one", async () => {
  const bed = new TestBed();
  const run = bed.submitter.run(double, 1);
  run.catch(() => {});
  await bed.settle();
  bed.events.answer("dead", { ids: idRun(origins.answer, 1, 1), values: encodeValues([[1, 2]]) });
  await expect(run).rejects.toMatchObject({ code: "TQ_ERR_TASK_DEAD", cause: { name: "NonError" } });
});

test("bytes that cannot be decoded reject their own call, and no other of the answer", async () => {
  const bed = new TestBed();
  const runs = [bed.submitter.run(double, 1), bed.submitter.run(double, 2)];
  void Promise.allSettled(runs);
  await bed.settle();
  bed.events.answer("completed", {
    ids: idRun(origins.answer, 1, 2),
    values: { lengths: [1, 1], slab: Uint8Array.of(0xc1, 0x07) },
  });
  await expect(runs[0]).rejects.toMatchObject({ code: "TQ_ERR_UNDECODABLE" });
  await expect(runs[1]).resolves.toBe(7);
});

test("past its deadline it throws, cancels the task, and a late answer is acknowledged and dropped", async () => {
  const bed = new TestBed();
  const run = bed.submitter.run(double, 1, { timeoutMs: 100 });
  run.catch(() => {});
  await bed.settle();
  await bed.advance(99);
  expect(bed.cancelled).toEqual([]);
  await bed.advance(1);
  await expect(run).rejects.toMatchObject({
    code: "TQ_ERR_DEADLINE_EXCEEDED",
    details: { taskId: `${origins.answer}-1` },
  });
  expect(bed.cancelled).toEqual([1]);
  expect(bed.submission.stats().unanswered).toBe(0);
  bed.answer(1, 2);
  expect(bed.answeredSeqs).toEqual([1]);
});

test("its deadline also passes while it waits for credit", async () => {
  const bed = new TestBed();
  bed.events.credit(0, 0);
  const run = bed.submitter.run(double, 1, { timeoutMs: 100 });
  run.catch(() => {});
  await bed.advance(100);
  await expect(run).rejects.toMatchObject({ code: "TQ_ERR_DEADLINE_EXCEEDED" });
  expect(bed.cancelled).toEqual([]);
});

test("an answer that is told twice is given once", async () => {
  const bed = new TestBed();
  const first = bed.submitter.run(double, 1);
  const second = bed.submitter.run(double, 2);
  await bed.settle();
  bed.answer(1, 2);
  bed.answer(1, 99);
  bed.answer(2, 4);
  await expect(Promise.all([first, second])).resolves.toEqual([2, 4]);
  expect(bed.answeredSeqs).toEqual([1, 1, 2]);
});
