import { TqError } from "@tq/common";
import { expect, test } from "vitest";
import { answerOrigin, idsOf, origin, TestBed } from "./ventilator-core.test-support.ts";

test("the end of a task is told before the refusal to cancel it, also where both fall into one turn", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1);
  worker.done(bed.now, [1]);
  bed.post(() => bed.port.cancel(idsOf(origin, [1])));
  bed.settle();
  expect(bed.owner.heard.slice(1)).toEqual(["settled completed 1", "rejected TQ_ERR_UNKNOWN_TASK 1"]);
});

test("what was decided in the turn of its close is still told to the workers", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1, { reply: "answer" });
  const values = { lengths: [1], slab: new Uint8Array([42]) };
  const ids = idsOf(answerOrigin, [1]);
  worker.session.send(bed.now, { verb: "RESULTS", epoch: 7, definition: 0, ids, durationsUs: [5], values });
  bed.post(() => bed.core.close(bed.now, new TqError("TQ_ERR_CLOSED", "closed")));
  bed.settle();
  expect(worker.verbs("COMMITTED")).toEqual(["1"]);
});
