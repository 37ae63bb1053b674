import { defineTask, TqError, type } from "@tq/common";
import type { SubmittedTask } from "@tq/common/submit";
import { expect, test } from "vitest";
import { Refusals } from "./refusals.ts";
import { submitAll } from "./submit-all.ts";
import { SubmitProgress } from "./submit-progress.ts";

const task = defineTask({ name: "t", input: type<unknown>(), output: type<unknown>() });

/** A submitter whose answers the test gives. */
function createSubmitter() {
  const calls: PromiseWithResolvers<SubmittedTask>[] = [];
  const submit = () => {
    const call = Promise.withResolvers<SubmittedTask>();
    calls.push(call);
    return call.promise;
  };
  return { submitter: { submit }, calls };
}

function start(inputs: AsyncIterable<unknown> | Iterable<unknown>, onStop = () => {}) {
  const refused: string[] = [];
  const refusals = new Refusals((error) => refused.push(error.message));
  const progress = new SubmitProgress({} as never, {} as never);
  progress[Symbol.dispose]();
  const { submitter, calls } = createSubmitter();
  async function* numbered() {
    let number = 0;
    for await (const value of inputs) {
      number += 1;
      yield { where: `line ${number}`, value };
    }
  }
  const done = submitAll({
    submitter,
    task,
    inputs: numbered(),
    refusals,
    progress,
    stopReading: onStop,
  } as never);
  return { done, calls, refused, progress };
}

const accepted: SubmittedTask = { taskId: "00000000000000aa-1", traceId: "t", isDuplicate: false };

test("is done when every input is accepted, and not before", async () => {
  const { done, calls, progress } = start([1, 2]);
  await expect.poll(() => calls.length).toBe(2);
  calls[0]?.resolve(accepted);
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  await expect.poll(() => progress.accepted).toBe(1);
  expect(isDone).toBe(false);
  calls[1]?.resolve(accepted);
  await done;
  expect(progress).toMatchObject({ read: 2, accepted: 2 });
});

test("an input that is refused is named, and the others go on", async () => {
  const { done, calls, refused } = start([1, 2, 3]);
  await expect.poll(() => calls.length).toBe(3);
  calls[0]?.resolve(accepted);
  calls[1]?.reject(new TqError("TQ_ERR_INVALID_INPUT", "user.name: expected string"));
  calls[2]?.resolve(accepted);
  await done;
  expect(refused).toEqual(["line 2: user.name: expected string"]);
});

test("an error that is about no input ends it, even while the inputs have nothing to give", async () => {
  const silence = Promise.withResolvers<void>();
  async function* inputs() {
    yield 1;
    await silence.promise;
  }
  const { done, calls } = start(inputs(), silence.resolve);
  await expect.poll(() => calls.length).toBe(1);
  calls[0]?.reject(new TqError("TQ_ERR_UNREACHABLE", "gone"));
  await expect(done).rejects.toMatchObject({ code: "TQ_ERR_UNREACHABLE" });
});

test("does not read on while thousands wait to be accepted", async () => {
  let given = 0;
  function* endless() {
    for (given = 1; ; given++) yield given;
  }
  const { done, calls } = start(endless());
  await expect.poll(() => calls.length).toBe(8192);
  expect(given).toBe(8192);
  calls[0]?.resolve(accepted);
  await expect.poll(() => calls.length).toBe(8193);
  calls[1]?.reject(new TqError("TQ_ERR_CLOSED", "over"));
  await expect(done).rejects.toThrow("over");
});
