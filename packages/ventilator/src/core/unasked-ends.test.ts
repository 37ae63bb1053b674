import { expect, test } from "vitest";
import { FakeJournal } from "./journal/fake-journal.test-support.ts";
import { idsOf, origin, TestBed } from "./ventilator-core.test-support.ts";

const ended = ["accepted 1", "settled cancelled 1"];

/** What its owner has heard of a cancelled task, before and after the sink has confirmed that. */
const cancelled = (bed: TestBed): readonly (readonly string[])[] => {
  bed.port.cancel(idsOf(origin, [1]));
  bed.settle();
  const before = [...new Set(bed.owner.heard)];
  bed.sink.commit(bed.now);
  bed.settle();
  return [before, [...new Set(bed.owner.heard)]];
};

test("a task that was handed on may have run elsewhere: its end is told when the sink has confirmed it", () => {
  const bed = new TestBed();
  bed.submit(1, 1, { isHandedOn: true });
  expect(cancelled(bed)).toEqual([["accepted 1"], ended]);
});

test("a task that comes again as handed on was elsewhere meanwhile: its end waits for the sink, too", () => {
  const bed = new TestBed();
  bed.submit(1, 1);
  bed.submit(1, 1, { isHandedOn: true });
  expect(cancelled(bed)).toEqual([["accepted 1"], ended]);
});

test("nor is it told sooner if it comes again while the journal writes it", () => {
  const disk = new FakeJournal();
  const bed = new TestBed({ disk });
  bed.submit(1, 1);
  bed.submit(1, 1, { isHandedOn: true });
  disk.sync(bed);
  bed.port.cancel(idsOf(origin, [1]));
  bed.settle();
  disk.sync(bed);
  expect(bed.owner.heard).toEqual(["accepted 1"]);
  bed.sink.commit(bed.now);
  bed.settle();
  expect(bed.owner.heard).toEqual(ended);
});
