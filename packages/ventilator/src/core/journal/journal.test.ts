import { TqError } from "@tq/common";
import { describe, expect, test } from "vitest";
import { idsOf, origin, TestBed } from "../ventilator-core.test-support.ts";
import { FakeJournal } from "./fake-journal.test-support.ts";
import { tasksPerPart } from "./journal-port.ts";

/** A ventilator with a journal, in its next start if the journal is not empty. */
const start = (disk: FakeJournal, epoch = 7): TestBed =>
  new TestBed({ disk, identity: { bootId: "00000000000000e0", name: "ventilator", epoch } });

/** Time passes, and all that is written is safe. */
const passSafely = (bed: TestBed, disk: FakeJournal, ms: number): void => {
  for (let passed = 0; passed < ms; passed += 25) {
    bed.pass(25);
    disk.sync(bed);
  }
};

describe("accepting", () => {
  test("nobody is told, and nobody works on it, before it is safe", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 3);
    expect([bed.owner.heard, worker.tasks]).toEqual([[], ""]);
    expect(bed.core.stats()).toMatchObject({ unsettled: 3, journal: { pending: 3, isFull: false } });
    disk.sync(bed);
    expect([bed.owner.heard, worker.tasks]).toEqual([["accepted 1,2,3"], "1,2,3"]);
  });

  test("what comes again meanwhile is neither written nor acknowledged twice", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 2);
    bed.submit(1, 2);
    bed.submit(2, 2);
    expect(bed.owner.heard).toEqual(["rejected TQ_ERR_PROTOCOL 2,3"]);
    disk.sync(bed);
    expect(bed.owner.heard.slice(1)).toEqual(["accepted 1,2"]);
    expect(worker.tasks).toBe("1,2");
    expect(disk.state.batches.size).toBe(1);
  });

  test("what is cancelled meanwhile is accepted and ends, and nobody runs it", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 2);
    bed.port.cancel(idsOf(origin, [2]));
    bed.settle();
    expect(bed.owner.heard).toEqual([]);
    disk.sync(bed);
    expect([bed.owner.heard, worker.tasks]).toEqual([["accepted 1,2"], "1"]);
    disk.sync(bed);
    expect(bed.owner.heard).toEqual(["accepted 1,2", "settled cancelled 2"]);
    expect(bed.sink.proposals).toEqual(["cancelled 2"]);
  });

  test("answered tasks are not written", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 2, { reply: "answer" });
    worker.fail(bed.now, 1, { final: true });
    bed.settle();
    expect(worker.tasks).toBe("1,2");
    expect(disk.changes).toEqual([]);
  });

  test("all of a turn is one change", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    for (const first of [1, 11, 21]) {
      bed.port.submit(
        {
          definition: { name: "work" },
          reply: "sink",
          ids: { origins: [origin], runs: [0, first, 1] },
          options: {},
          values: { lengths: [1], slab: new Uint8Array([1]) },
        },
        0,
      );
    }
    bed.settle();
    expect(disk.changes.map(({ accepted }) => accepted.length)).toEqual([3]);
  });

  test("closing leaves nobody in silence: what may have been written is of unknown outcome", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    bed.submit(1, 1);
    const { heard } = bed.owner;
    bed.port.submit(
      {
        definition: { name: "work" },
        reply: "sink",
        ids: { origins: [origin], runs: [0, 2, 1] },
        options: {},
        values: { lengths: [1], slab: new Uint8Array([1]) },
      },
      0,
    );
    expect(bed.core.left(10)).toMatchObject({ count: 2, ids: [`${origin}-1`, `${origin}-2`] });
    bed.core.close(bed.now, new TqError("TQ_ERR_CLOSED", "closed"));
    expect(heard).toEqual(["rejected TQ_ERR_UNKNOWN_OUTCOME 1", "closed"]);
    expect(disk.changes.map(({ accepted }) => accepted.length)).toEqual([1]);
  });
});

describe("without room", () => {
  test("what waits is refused, what was accepted goes on, and it is said once", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w", { credit: 1 });
    bed.submit(1, 1);
    disk.sync(bed);
    bed.submit(2, 1);
    disk.refuse(bed);
    bed.submit(3, 1);
    expect(bed.owner.heard).toEqual([
      "accepted 1",
      "rejected TQ_ERR_STORAGE_FULL 2",
      "rejected TQ_ERR_STORAGE_FULL 3",
    ]);
    expect(bed.core.stats()).toMatchObject({ unsettled: 1, journal: { pending: 0, isFull: true } });
    worker.fail(bed.now, 1);
    bed.pass(100);
    expect(bed.core.stats().ready).toBe(1);
    bed.pass(2_000);
    disk.refuse(bed);
    expect(bed.events.filter(({ type }) => type.startsWith("journal.")).map(({ type }) => type)).toEqual([
      "journal.full",
    ]);
  });

  test("it is tried every second, and tasks are accepted again once something was written", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    bed.submit(1, 1);
    disk.refuse(bed);
    bed.pass(900);
    expect(disk.waiting).toBe(0);
    bed.pass(200);
    expect(disk.waiting).toBe(1);
    disk.sync(bed);
    expect(bed.eventsOf("journal.writable")).toHaveLength(1);
    bed.submit(2, 1);
    disk.sync(bed);
    expect(bed.owner.heard.at(-1)).toBe("accepted 2");
  });

  test("what was settled meanwhile is written when there is room, and not replayed", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 2);
    bed.submit(3, 1);
    disk.sync(bed);
    worker.done(bed.now, [1, 3]);
    bed.pass(50);
    disk.refuse(bed);
    worker.done(bed.now, [2]);
    bed.pass(1_000);
    disk.sync(bed);
    expect(disk.state.batches.size).toBe(0);
    expect(disk.state.origins.get(origin)?.settled).toEqual([1, 4]);
  });
});

describe("what has happened", () => {
  test("is written within 50 ms where nobody waits for it", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 2);
    disk.sync(bed);
    worker.done(bed.now, [1]);
    bed.settle();
    bed.pass(25);
    expect(disk.waiting).toBe(0);
    bed.pass(25);
    expect(disk.changes.at(-1)?.progress).toMatchObject([{ number: 1, settled: [0, 1], troubles: [] }]);
  });

  test("waits even if something else is written at once: a batch is mostly settled as a whole by then", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 2);
    disk.sync(bed);
    worker.done(bed.now, [1]);
    bed.submit(3, 1);
    worker.done(bed.now, [2]);
    bed.submit(4, 1);
    bed.pass(50);
    const written = disk.changes.slice(1).map(({ accepted, progress, removed }) => ({
      accepted: accepted.map(({ number }) => number),
      progress,
      removed,
    }));
    expect(written).toEqual([
      { accepted: [2], progress: [], removed: [] },
      { accepted: [3], progress: [], removed: [] },
      { accepted: [], progress: [], removed: [1] },
    ]);
  });

  test("a failure has consequences when it is safe", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 1, { maxAttempts: 2 });
    disk.sync(bed);
    worker.fail(bed.now, 1);
    bed.pass(500);
    expect(worker.tasks).toBe("1");
    disk.sync(bed);
    bed.pass(25);
    expect(worker.tasks).toBe("1,1#2");
    worker.fail(bed.now, 1, { attempt: 2 });
    bed.settle();
    expect(bed.sink.proposals).toEqual([]);
    disk.sync(bed);
    expect(bed.sink.proposals).toEqual(["failed 1"]);
  });

  test("of a batch that fails task by task, no more is written for one failure than of its neighbours", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 60);
    disk.sync(bed);
    for (let seq = 1; seq <= 40; seq++) {
      worker.fail(bed.now, seq);
      bed.settle();
      disk.sync(bed);
    }
    const written = disk.changes.flatMap(({ progress }) => progress.map(({ troubles }) => troubles.length));
    expect(Math.max(...written)).toBe(tasksPerPart);
    // Without room, whatever has changed meanwhile is written in the end.
    for (let seq = 41; seq <= 60; seq++) {
      worker.fail(bed.now, seq);
      bed.settle();
      disk.refuse(bed);
    }
    passSafely(bed, disk, 1_100);
    const troubles = disk.restart().batches[0]?.progress?.troubles;
    expect(troubles?.map(({ index, failures }) => [index, failures])).toEqual(
      Array.from({ length: 60 }, (_, index) => [index, 1]),
    );
  });

  test("is no trouble any more once it is settled", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 2);
    disk.sync(bed);
    worker.fail(bed.now, 1);
    bed.settle();
    disk.sync(bed);
    expect(disk.state.progress.get(1)).toMatchObject({ settled: [], troubles: [{ index: 0 }] });
    passSafely(bed, disk, 500);
    worker.done(bed.now, [1]);
    passSafely(bed, disk, 75);
    expect(disk.state.progress.get(1)).toMatchObject({ settled: [0, 1], troubles: [] });
  });

  test("sinks may forget only what is safely settled", () => {
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    bed.submit(1, 3);
    disk.sync(bed);
    worker.done(bed.now, [1, 2, 3]);
    bed.pass(2_500);
    const marks = () => bed.sink.told.flatMap((told) => (told.verb === "LOWMARK" ? told.below : []));
    expect(marks()).toEqual([]);
    disk.refuse(bed);
    bed.pass(500);
    expect(marks()).toEqual([]);
    bed.pass(1_000);
    disk.sync(bed);
    expect(marks()).toEqual([4]);
  });

  test("a sink that is chosen later is written down before it is used", () => {
    const disk = new FakeJournal();
    const bed = new TestBed({ disk, isSinkAway: true });
    const worker = bed.worker("w", { credit: 1 });
    bed.submit(1, 3);
    disk.sync(bed);
    expect([...disk.state.batches.values()][0]?.submission.sink).toBeUndefined();
    bed.isSinkAway = false;
    bed.pass(2_000);
    expect(worker.tasks).toBe("");
    disk.sync(bed);
    expect(worker.tasks).toBe("1");
    expect(disk.state.progress.get(1)?.sink).toBe("memory:sink");
  });
});
