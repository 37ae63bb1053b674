import { describe, expect, test } from "vitest";
import { idsOf, origin, type ScriptedWorker, TestBed } from "./ventilator-core.test-support.ts";

test("a worker that was only away takes its crash with it when it comes back", () => {
  const bed = new TestBed();
  bed.submit(1, 1);
  const lost = bed.worker("lost");
  lost.isAlive = false;
  bed.pass(350);
  const away = bed.worker("away");
  expect(away.tasks).toBe("1#2");
  away.held = { epoch: 7, ids: idsOf(origin, [1]), attempts: { at: [0], values: [2] } };
  away.isAlive = false;
  bed.pass(350);
  expect(bed.eventsOf("task.crashed")).toMatchObject([{ crashes: 1 }]);
  away.isAlive = true;
  bed.pass(200);
  expect(bed.core.stats().leased).toBe(1);
  // It runs nothing else, and dies with it after all: a suspect again, and the next death alone is the first that counts.
  away.isAlive = false;
  bed.pass(350);
  const next = bed.worker("next");
  expect(next.tasks).toBe("1#3");
  next.isAlive = false;
  bed.pass(350);
  expect(bed.eventsOf("task.crashed")).toMatchObject([{ crashes: 1 }, { crashes: 1 }]);
  expect(bed.sink.proposals).toEqual([]);
});

/** A ventilator whose suspects 1 to 3 want a worker. */
const troubledBed = (): TestBed => {
  const bed = new TestBed();
  const lost = bed.worker("lost");
  bed.submit(1, 3);
  lost.isAlive = false;
  bed.pass(350);
  return bed;
};

const verbsOf = ({ received }: ScriptedWorker): string[] => received.map(({ verb }) => verb);

describe("suspects", () => {
  test("go only to a worker that has said RESERVED, which gets nothing else before and nothing beside them", () => {
    const bed = troubledBed();
    const busy = bed.worker("busy", { isBusy: true });
    bed.pass(50);
    const [reserve] = busy.received;
    expect(reserve?.verb).toBe("RESERVE");
    bed.submit(4, 2);
    expect(verbsOf(busy)).toEqual(["RESERVE"]);
    busy.session.send(bed.now, { verb: "RESERVED", reservation: 1 });
    bed.settle();
    expect(busy.tasks).toBe("1#2,2#2,3#2");
    busy.done(bed.now, [1, 2, 3]);
    bed.settle();
    expect(busy.tasks).toBe("1#2,2#2,3#2,4,5");
    expect(verbsOf(busy)).toEqual(["RESERVE", "TASKS", "RELEASE", "TASKS"]);
  });

  test("are not handed out for a RESERVED that was withdrawn", () => {
    const bed = troubledBed();
    const busy = bed.worker("busy", { isBusy: true });
    bed.pass(50);
    busy.session.send(bed.now, { verb: "RESERVED", reservation: 2 });
    bed.settle();
    expect(busy.tasks).toBe("");
  });

  test("look for another worker when the first takes long, and let go of it when they are through", () => {
    const bed = troubledBed();
    const slow = bed.worker("slow", { isBusy: true });
    bed.pass(50);
    const quick = bed.worker("quick");
    bed.pass(1_100);
    expect(quick.tasks).toBe("1#2,2#2,3#2");
    expect(verbsOf(slow)).toEqual(["RESERVE", "RELEASE"]);
  });

  test("never empty all of two workers for long: one stays asked, the other is tried now and then", () => {
    const bed = troubledBed();
    const workers = [bed.worker("one", { isBusy: true }), bed.worker("two", { isBusy: true })];
    let bothAsked = 0;
    for (let second = 0; second < 30; second++) {
      bed.pass(1_000);
      expect(workers.some(isAsked)).toBe(true);
      if (workers.every(isAsked)) bothAsked += 1;
    }
    expect(bothAsked).toBeGreaterThan(5);
    expect(bothAsked).toBeLessThan(25);
  });

  test("that died before RESERVED, or after a cut that may have ended it, count no crash", () => {
    const bed = troubledBed();
    const early = bed.worker("early", { isBusy: true });
    bed.pass(50);
    early.isAlive = false;
    bed.pass(350);
    const cut = bed.worker("cut");
    expect(cut.tasks).toBe("1#2,2#2,3#2");
    cut.client.connected(bed.now);
    cut.client.connected(bed.now);
    bed.settle();
    expect(verbsOf(cut)).toEqual(["RESERVE", "TASKS", "RELEASE"]);
    cut.isAlive = false;
    bed.pass(350);
    const next = bed.worker("next");
    // Screened again, not blamed.
    expect(next.tasks).toBe("1#3,2#3,3#3");
    expect(bed.eventsOf("task.crashed")).toEqual([]);
  });

  test("that cannot be sent keep the worker from others for a second, and then not soon again", () => {
    const bed = troubledBed();
    const poor = bed.worker("poor", { credit: 0 });
    expect(verbsOf(poor)).toEqual(["RESERVE"]);
    bed.pass(30_000);
    expect(verbsOf(poor)).toEqual(["RESERVE", "RELEASE"]);
    bed.pass(31_400);
    expect(verbsOf(poor)).toEqual(["RESERVE", "RELEASE", "RESERVE"]);
    poor.session.sendUnnumbered({ verb: "GRANT", grants: [0, 3, 1_000_000] });
    bed.settle();
    expect(poor.tasks).toBe("1#2,2#2,3#2");
  });
});

/** The last of RESERVE and RELEASE was a RESERVE. */
const isAsked = (worker: ScriptedWorker): boolean => verbsOf(worker).at(-1) === "RESERVE";
