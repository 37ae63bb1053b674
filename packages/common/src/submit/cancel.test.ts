import { expect, test } from "vitest";
import { idRun } from "../protocol/index.ts";
import { submitLimits } from "./limits.ts";
import { double, origins, TestBed } from "./submitter.test-support.ts";

const accepted = async () => {
  const bed = new TestBed();
  const submitted = bed.submitter.submit(double, 1);
  await bed.settle();
  bed.accept(1);
  return { bed, taskId: (await submitted).taskId };
};

test("cancel asks the owner, and resolves with what stands", async () => {
  const { bed, taskId } = await accepted();
  const cancels = [bed.submitter.cancel(taskId), bed.submitter.cancel(taskId)];
  await bed.settle();
  expect(bed.cancelled).toEqual([1, 1]);
  bed.settleIds("completed", 1);
  await expect(Promise.all(cancels)).resolves.toEqual(["completed", "completed"]);
});

test("a settled task is told from memory, without asking again", async () => {
  const { bed, taskId } = await accepted();
  bed.settleIds("failed", 1);
  await expect(bed.submitter.cancel(taskId)).resolves.toBe("failed");
  await bed.settle();
  expect(bed.cancelled).toEqual([]);
});

test("the memory of what settled is bounded, and forgets the oldest first", async () => {
  const { bed } = await accepted();
  const count = submitLimits.settledRangesMax * 2 + 2;
  for (let n = 0; n < count; n++) void bed.submitter.submit(double, n);
  await bed.settle();
  for (let seq = 1; seq <= count; seq += 2) bed.settleIds("completed", seq);
  await expect(bed.submitter.cancel(`${origins.sink}-${count - 1}`)).resolves.toBe("completed");
  void bed.submitter.cancel(`${origins.sink}-1`);
  await bed.settle();
  expect(bed.cancelled).toEqual([1]);
});

test("a task that runs for a caller is cancelled under it", async () => {
  const bed = new TestBed();
  const run = bed.submitter.run(double, 1);
  run.catch(() => {});
  await bed.settle();
  const cancel = bed.submitter.cancel(`${origins.answer}-1`);
  await bed.settle();
  bed.stop(1, "cancelled");
  await expect(cancel).resolves.toBe("cancelled");
  await expect(run).rejects.toMatchObject({ code: "TQ_ERR_CANCELLED" });
});

test("what the owner does not know is an error", async () => {
  const { bed, taskId } = await accepted();
  const cancel = bed.submitter.cancel(taskId);
  await bed.settle();
  bed.events.rejected(idRun(origins.sink, 1, 1), "TQ_ERR_UNKNOWN_OUTCOME", "lost");
  await expect(cancel).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_OUTCOME" });
});

test.each([
  ["nonsense", "a task id is written as"],
  [`${origins.sink}-2`, "was not submitted here"],
  ["ffffffffffffffff-1", "was not submitted here"],
  [7 as never, "a task id is a string"],
])("%s is refused", async (taskId, message) => {
  const { bed } = await accepted();
  await expect(bed.submitter.cancel(taskId)).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_OPTION",
    message: expect.stringContaining(message),
  });
});

test("it waits no longer than it was told", async () => {
  const { bed, taskId } = await accepted();
  const stop = new AbortController();
  const limited = bed.submitter.cancel(taskId, { timeoutMs: 50 });
  const stopped = bed.submitter.cancel(taskId, { signal: stop.signal });
  const patient = bed.submitter.cancel(taskId);
  void Promise.allSettled([limited, stopped]);
  await bed.settle();
  stop.abort();
  await bed.advance(50);
  await expect(limited).rejects.toMatchObject({ code: "TQ_ERR_DEADLINE_EXCEEDED" });
  await expect(stopped).rejects.toMatchObject({ code: "TQ_ERR_CANCELLED" });
  bed.settleIds("cancelled", 1);
  await expect(patient).resolves.toBe("cancelled");
});
