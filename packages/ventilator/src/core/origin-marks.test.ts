import { idRun } from "@tq/common/protocol";
import { expect, test } from "vitest";
import { FakeJournal } from "./journal/fake-journal.test-support.ts";
import { origin, sinkIds, TwoSinks } from "./two-sinks.test-support.ts";

const [first = ""] = sinkIds;

/** Time passes, and all that is written is safe. */
const passSafely = (bed: TwoSinks, disk: FakeJournal, ms: number): void => {
  for (let passed = 0; passed < ms; passed += 25) {
    bed.pass(25);
    disk.sync(bed);
  }
};

/** The first sink has the result of the only task. */
const commit = (bed: TwoSinks): void => {
  const ids = idRun(origin, 1, 1);
  bed.sinks[0]?.session?.send(bed.now, { verb: "COMMITTED", outcome: "completed", ids });
  bed.sinks[0]?.server.flush();
  bed.settle();
};

const closedAt = (bed: TwoSinks): number[] =>
  bed.sinks.map(({ told }) => told.filter((verb) => verb === "CLOSED").length);

test("an origin whose producer has said goodbye is closed by the next start, once its tasks are over", () => {
  const disk = new FakeJournal();
  const before = new TwoSinks({ disk });
  const producer = before.producer();
  producer.submit(1, 1, { sink: first });
  disk.sync(before);
  producer.leave();
  passSafely(before, disk, 100);
  const bed = new TwoSinks({ disk, epoch: 2 });
  passSafely(bed, disk, 2_000);
  expect(closedAt(bed)).toEqual([0, 0]);
  commit(bed);
  passSafely(bed, disk, 2_000);
  expect(closedAt(bed)).toEqual([1, 1]);
  expect(disk.state.origins.size).toBe(0);
});

test("an origin that is closed stays in the journal until all sinks have been told, by whichever start", () => {
  const disk = new FakeJournal();
  const before = new TwoSinks({ disk });
  const producer = before.producer();
  producer.submit(1, 1, { sink: first });
  disk.sync(before);
  for (const sink of before.sinks.slice(1)) sink.isThere = false;
  commit(before);
  producer.leave();
  passSafely(before, disk, 2_000);
  expect(closedAt(before)).toEqual([1, 0]);
  expect(disk.state.batches.size).toBe(0);
  expect(disk.state.origins.size).toBe(1);
  const bed = new TwoSinks({ disk, epoch: 2 });
  passSafely(bed, disk, 2_000);
  expect(closedAt(bed)).toEqual([1, 1]);
  expect(disk.state.origins.size).toBe(0);
});
