import { expect, test } from "vitest";
import { TestBed } from "./ventilator-core.test-support.ts";

test("another attempt waits as long as the handler asked, and its failure counts all the same", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1, { maxAttempts: 2 });
  worker.fail(bed.now, 1, { afterMs: 700 });
  bed.pass(650);
  expect(worker.tasks).toBe("1");
  bed.pass(100);
  expect(worker.tasks).toBe("1,1#2");
  worker.fail(bed.now, 1, { attempt: 2, afterMs: 700 });
  bed.settle();
  expect(bed.sink.proposals).toEqual(["failed 1"]);
});
