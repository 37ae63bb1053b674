import { encodeValues } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import { idsOf, origin, TestBed } from "../ventilator-core.test-support.ts";
import { FakeJournal } from "./fake-journal.test-support.ts";

/** A ventilator on a journal. The one that was on it before is gone, with all that was not safe. */
const start = (disk: FakeJournal, epoch = 7): TestBed =>
  new TestBed({ disk, identity: { bootId: "00000000000000e0", name: "ventilator", epoch } });

/** Time passes, and all that is written is safe. */
const passSafely = (bed: TestBed, disk: FakeJournal, ms: number): void => {
  for (let passed = 0; passed < ms; passed += 25) {
    bed.pass(25);
    disk.sync(bed);
  }
};

/** Numbers in [0, 1), the same for the same seed. */
const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
};

const seqsIn = (heard: readonly string[], word: string): string[] =>
  heard.filter((line) => line.startsWith(word)).flatMap((line) => line.split(" ").at(-1)?.split(",") ?? []);

const seeds = Array.from({ length: 15 }, (_, index) => index + 1);

test.each(seeds)(
  "replays what was accepted and not settled, and at most what was settled since the last sync (seed %i)",
  (seed) => {
    const random = randomOf(seed * 7_919);
    const disk = new FakeJournal();
    const bed = start(disk);
    const worker = bed.worker("w");
    let next = 1;
    let settledSafely: readonly string[] = [];
    for (let step = 0; step < 60; step++) {
      const live = seqsIn(bed.owner.heard, "accepted").filter(
        (seq) => !seqsIn(bed.owner.heard, "settled").includes(seq),
      );
      const some = live.filter(() => random() < 0.3).map(Number);
      const choice = random();
      if (choice < 0.3) {
        const count = 1 + Math.floor(random() * 6);
        bed.submit(next, count);
        next += count;
      } else if (choice < 0.6) worker.done(bed.now, some);
      else if (choice < 0.65) bed.port.cancel(idsOf(origin, some));
      else if (choice < 0.7) disk.refuse(bed);
      else if (choice < 0.85) bed.pass(50);
      else {
        disk.sync(bed);
        if (bed.core.stats().journal?.unsynced === 0) settledSafely = seqsIn(bed.owner.heard, "settled");
        bed.sink.commit(bed.now);
      }
      bed.settle();
    }
    const { heard } = bed.owner;
    const settled = new Set(seqsIn(heard, "settled"));
    const accepted = new Set(seqsIn(heard, "accepted"));
    const again = start(disk, 8);
    const replayed = new Set(again.core.left(10_000).ids.map((id) => id.split("-")[1] ?? ""));
    const where = `seed ${seed}`;
    for (const seq of accepted)
      if (!settled.has(seq)) expect(replayed, `${where}: ${seq} is lost`).toContain(seq);
    const refused = new Set(seqsIn(heard, "rejected"));
    for (const seq of refused) expect(replayed, `${where}: ${seq} was refused`).not.toContain(seq);
    for (const seq of settledSafely) expect(replayed, `${where}: ${seq} is over`).not.toContain(seq);
  },
);

describe("replayed tasks", () => {
  test("are accepted once: whoever submits them again is acknowledged, and nothing is run for it", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    const worker = first.worker("w");
    first.submit(1, 2);
    first.submit(3, 2);
    disk.sync(first);
    worker.done(first.now, [1, 2]);
    passSafely(first, disk, 75);
    const bed = start(disk, 8);
    const next = bed.worker("w");
    bed.submit(1, 2);
    bed.submit(3, 2);
    passSafely(bed, disk, 1_100);
    expect(bed.owner.heard).toEqual(["accepted 1,2", "accepted 3,4"]);
    expect(next.tasks).toBe("3#2,4#2");
  });

  test("wait a second for workers that hold them, whose attempts become leases of this start", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    first.submit(1, 3);
    disk.sync(first);
    const bed = start(disk, 8);
    const other = bed.worker("other");
    const holder = bed.worker("holder", {
      held: { epoch: 7, ids: idsOf(origin, [2, 9]), attempts: { at: [0], values: [4] } },
    });
    expect(bed.core.stats()).toMatchObject({ leased: 1, ready: 0 });
    bed.pass(975);
    expect(other.tasks + holder.tasks).toBe("");
    bed.pass(50);
    expect([other.tasks, holder.tasks].join().split(",").sort()).toEqual(["1#2", "3#2"]);
    holder.fail(bed.now, 2, { attempt: 4, final: true });
    bed.settle();
    disk.sync(bed);
    expect(bed.sink.proposals).toEqual(["failed 2"]);
  });

  test("are not taken over from an attempt older than the one that runs, nor from a later start", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    first.submit(1, 1);
    disk.sync(first);
    const bed = start(disk, 8);
    const worker = bed.worker("w", { credit: 1 });
    bed.pass(1_025);
    expect(worker.tasks).toBe("1#2");
    worker.session.send(bed.now, {
      verb: "RETURN",
      epoch: 8,
      ids: idsOf(origin, [1]),
      attempts: { at: [0], values: [2] },
    });
    bed.settle();
    expect(bed.core.stats()).toMatchObject({ leased: 0, ready: 1 });
    const held = { ids: idsOf(origin, [1]) };
    bed.worker("zombie", { held: { epoch: 7, ...held }, credit: 0 });
    bed.worker("stranger", { held: { epoch: 9, ...held, attempts: { at: [0], values: [2] } }, credit: 0 });
    expect(bed.core.stats().leasesByWorker).toMatchObject({ zombie: 0, stranger: 0 });
  });

  test("keep their failures, when they are due, and why they failed", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    const worker = first.worker("w");
    first.submit(1, 1, { maxAttempts: 2 });
    disk.sync(first);
    worker.session.send(first.now, {
      verb: "FAILED",
      epoch: 7,
      ids: idsOf(origin, [1]),
      attempts: { at: [0], values: [1] },
      afterMs: { at: [0], values: [5_000] },
      values: encodeValues([{ name: "Error", message: "boom" }]),
    });
    first.settle();
    disk.sync(first);
    const bed = start(disk, 8);
    const next = bed.worker("w");
    bed.pass(4_975);
    expect(next.tasks).toBe("");
    bed.pass(50);
    expect(next.tasks).toBe("1#2");
    expect(disk.restart().batches[0]?.progress?.troubles).toMatchObject([
      { failures: 1, errors: [{ attempt: 1, worker: "w", error: { message: "boom" } }] },
    ]);
    next.fail(bed.now, 1, { attempt: 2 });
    bed.settle();
    disk.sync(bed);
    expect(bed.sink.proposals).toEqual(["failed 1"]);
  });

  test("keep their crashes: a task that has killed a worker alone is dead after the next one", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    first.submit(1, 1);
    disk.sync(first);
    for (const name of ["first", "second"]) {
      const worker = first.worker(name);
      passSafely(first, disk, 50);
      worker.isAlive = false;
      passSafely(first, disk, 400);
    }
    expect(first.eventsOf("task.crashed")).toHaveLength(1);
    const bed = start(disk, 8);
    const last = bed.worker("last");
    passSafely(bed, disk, 1_100);
    expect(last.tasks).toBe("1#3");
    last.isAlive = false;
    passSafely(bed, disk, 400);
    expect(bed.sink.proposals).toEqual(["dead 1"]);
  });

  test("have the outcome that was proposed, and are proposed again", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    const worker = first.worker("w");
    first.submit(1, 3);
    disk.sync(first);
    worker.fail(first.now, 1, { final: true, message: "no use" });
    first.port.cancel(idsOf(origin, [2]));
    first.settle();
    disk.sync(first);
    const bed = start(disk, 8);
    const next = bed.worker("w");
    bed.pass(1_025);
    expect(bed.sink.proposals).toEqual(["failed 1", "cancelled 2"]);
    expect(next.tasks).toBe("3#2");
    bed.sink.commit(bed.now);
    bed.settle();
    next.done(bed.now, [3]);
    passSafely(bed, disk, 75);
    expect(bed.core.isIdle).toBe(true);
    expect(disk.state.batches.size).toBe(0);
  });

  test("are delayed and expire by when they were accepted, and not before workers could come back", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    first.submit(1, 4, {
      columns: {
        notBeforeMs: { at: [1, 2], values: [500, 3_000] },
        expiresMs: { at: [0, 3], values: [200, 200] },
      },
    });
    disk.sync(first);
    const bed = start(disk, 8);
    bed.worker("holder", { credit: 0, held: { epoch: 7, ids: idsOf(origin, [4]) } });
    const other = bed.worker("other");
    passSafely(bed, disk, 975);
    expect(bed.sink.proposals).toEqual([]);
    passSafely(bed, disk, 75);
    expect(bed.sink.proposals).toEqual(["expired 1"]);
    expect(other.tasks).toBe("2#2");
    passSafely(bed, disk, 2_000);
    expect(other.tasks).toBe("2#2,3#2");
    expect(bed.core.stats().leased).toBe(3);
  });

  test("of the process itself belong to nobody, and their origin is closed once they are settled", () => {
    const disk = new FakeJournal();
    const first = start(disk);
    first.submit(1, 1);
    disk.sync(first);
    const bed = start(disk, 8);
    const worker = bed.worker("w");
    bed.pass(1_025);
    worker.done(bed.now, [1]);
    passSafely(bed, disk, 1_200);
    expect(bed.owner.heard).toEqual([]);
    expect(disk.state.origins.size).toBe(0);
  });

  test("of an origin that the journal has lost are run, and no sink is told that it is closed", () => {
    const closedAfter = (loseOrigins: boolean): readonly string[] => {
      const disk = new FakeJournal();
      const first = start(disk);
      first.submit(1, 1);
      disk.sync(first);
      if (loseOrigins) disk.state.origins.clear();
      const bed = start(disk, 8);
      const worker = bed.worker("w");
      bed.pass(1_025);
      worker.done(bed.now, [1]);
      passSafely(bed, disk, 200);
      expect(bed.core.isIdle).toBe(true);
      return bed.sink.told.flatMap((told) => (told.verb === "CLOSED" ? told.origins : []));
    };
    expect(closedAfter(false)).toEqual([origin]);
    expect(closedAfter(true)).toEqual([]);
  });
});
