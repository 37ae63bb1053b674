import { encodeValues, type Values } from "@tq/common/wire";
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

const unreadable: Values = { slab: Uint8Array.of(0xc1), lengths: [1] };
const error = { name: "Error", message: "m" };

test.each<readonly [what: string, values: Values]>([
  ["cannot be decoded", unreadable],
  ["is no error", encodeValues([7])],
  ["has a cause that is none", encodeValues([{ ...error, cause: 7 }])],
  ["has a stack that is none", encodeValues([{ ...error, stack: [] }])],
  ["has a code that is none", encodeValues([{ ...error, cause: { ...error, code: {} } }])],
])("what a worker gives as an error and %s is a failure like any other", (_, values) => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.submit(1, 1, { maxAttempts: 1 });
  worker.fail(bed.now, 1, { values });
  bed.settle();
  expect(bed.sink.proposals).toEqual(["failed 1"]);
});
