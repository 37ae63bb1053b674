import { expect, test } from "vitest";
import { idsOf, origin, TestBed } from "./ventilator-core.test-support.ts";

const expiring = (ms: number) => ({ columns: { expiresMs: { at: [0], values: [ms] } } });

test("tells the worker what is left of an expiry", () => {
  const bed = new TestBed();
  bed.submit(1, 2, expiring(500));
  bed.pass(200);
  const worker = bed.worker("w");
  const left = worker.received.find(({ verb }) => verb === "TASKS");
  expect(left).toMatchObject({ options: { expiresMs: { at: [0], values: [expect.any(Number)] } } });
  const ms = left?.verb === "TASKS" ? left.options.expiresMs?.values[0] : undefined;
  expect(ms).toBeGreaterThan(0);
  expect(ms).toBeLessThanOrEqual(300);
});

test("counts from the submission, however long ago the core had its last turn", () => {
  const bed = new TestBed();
  const worker = bed.worker("w");
  bed.now += 600;
  bed.submit(1, 1, expiring(500));
  expect(worker.tasks).toBe("1");
  expect(bed.sink.proposals).toEqual([]);
});

test("what comes back without an outcome after its expiry is not tried again", () => {
  const bed = new TestBed();
  const [returning, failing] = [1, 2];
  const worker = bed.worker("w");
  bed.submit(returning, 1, expiring(100));
  bed.submit(failing, 1, expiring(100));
  expect(worker.tasks).toBe("1,2");
  bed.pass(200);
  expect(bed.sink.proposals).toEqual([]);
  worker.session.send(bed.now, { verb: "RETURN", epoch: 7, ids: idsOf(origin, [returning]) });
  worker.fail(bed.now, failing);
  bed.pass(5_000);
  expect(worker.tasks).toBe("1,2");
  expect(bed.sink.proposals.join(" ")).toBe("expired 1,2");
});
