import { expect, test } from "vitest";
import { z } from "zod";
import { defineTask, traceIdOf } from "../contract/index.ts";
import { idRun } from "../protocol/index.ts";
import { encodeValues } from "../wire/index.ts";
import { origins, TestBed } from "./submitter.test-support.ts";

const positive = defineTask({ name: "positive", input: z.number().positive(), output: z.number() });

test("each end of a mapSettled says which task it was, and which attempt", async () => {
  const bed = new TestBed();
  const ends = bed.submitter.mapSettled(positive, [-1, 5]);
  const [refused, completed] = [ends.next(), ends.next()];
  await bed.settle();
  const attempts = { at: [0], values: [3] };
  bed.events.answer("completed", { ids: idRun(origins.answer, 1, 1), attempts, values: encodeValues([25]) });
  await bed.settle();
  expect((await completed).value).toMatchObject({
    index: 1,
    taskId: `${origins.answer}-1`,
    traceId: traceIdOf(origins.answer, 1),
    attempt: 3,
  });
  // An input that is no good never became a task.
  expect((await refused).value).toMatchObject({
    index: 0,
    taskId: undefined,
    traceId: undefined,
    attempt: 0,
  });
});
