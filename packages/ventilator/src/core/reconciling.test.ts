import { expect, test } from "vitest";
import { idsOf, origin, TestBed } from "./ventilator-core.test-support.ts";

test("takes back what a worker does not hold, also when it holds as many other tasks instead", () => {
  const bed = new TestBed();
  const worker = bed.worker("w", { credit: 2 });
  bed.submit(1, 2);
  const other = 7;
  worker.held = { epoch: 7, ids: idsOf(origin, [1, other]) };
  bed.pass(250);
  expect(bed.eventsOf("leases.lost")).toMatchObject([{ leases: 1 }]);
  expect(worker.verbs("CANCEL")).toContain(`${other}`);
});
