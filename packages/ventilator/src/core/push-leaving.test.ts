import { describe, expect, test } from "vitest";
import { beatMs, pushOrigin, seqsIn, submit, tally, tasksIn, worker } from "./push-lane.test-support.ts";
import { idsOf, TestBed } from "./ventilator-core.test-support.ts";

describe("tasks that end before they are pushed", () => {
  test("leave out what has expired, and propose that to the sink; the rest goes with what is left of its time", () => {
    const bed = new TestBed({ push: "both ends" });
    const expiresMs = { at: [0, 2], values: [50, 500] };
    submit(bed, [1, 4], { columns: { expiresMs } });
    bed.pass(100);
    expect(bed.sink.proposals).toEqual(["expired 1"]);
    expect(bed.owner.heard).toEqual(["accepted 1,2,3,4", "settled expired 1"]);
    worker(bed, "w", { slots: 5 });
    expect(bed.pushed).toMatchObject([
      { ids: { runs: [0, 2, 3] }, options: { expiresMs: { at: [1], values: [400] } } },
    ]);
    bed.sink.commit(bed.now);
    bed.settle();
    expect(bed.core.stats()).toMatchObject({ unsettled: 0, push: { sent: 3, queued: 0 } });
  });

  test("are found by a cancellation until they are pushed, and not after", () => {
    const bed = new TestBed({ push: "both ends" });
    submit(bed, [1, 4]);
    bed.port.cancel(idsOf(pushOrigin, [2, 4]));
    bed.settle();
    bed.sink.commit(bed.now);
    worker(bed, "w", { slots: 5 });
    expect(seqsIn(bed.pushed)).toBe("1,3");
    bed.port.cancel(idsOf(pushOrigin, [3]));
    bed.settle();
    expect(bed.owner.heard).toContain("settled cancelled 2,4");
    expect(bed.owner.heard.at(-1)).toBe("rejected TQ_ERR_UNKNOWN_TASK 3");
    expect(bed.sink.told.at(-1)).toMatchObject({ through: [4] });
  });
});

describe("a worker that leaves", () => {
  test("is let go when all that was sent was read, and nothing is sent before that close was noticed", () => {
    const bed = new TestBed({ push: "both ends" });
    const leaver = worker(bed, "leaver", { slots: 2 });
    const stayer = worker(bed, "stayer", { slots: 2 });
    submit(bed, [1, 100]);
    const sent = tasksIn(bed.pushed);
    tally(bed, leaver, [3, 1, "leaving"]);
    bed.pass(beatMs);
    expect(tasksIn(bed.pushed)).toBe(sent);
    expect(leaver.received.map(({ verb }) => verb)).not.toContain("DETACH");

    tally(bed, stayer, [sent - 4, 0]);
    tally(bed, leaver, [4, 1, "leaving"]);
    bed.pass(25);
    expect(leaver.received.map(({ verb }) => verb)).toContain("DETACH");
    tally(bed, stayer, [sent - 4, sent - 4]);
    bed.pass(beatMs / 2);
    expect(tasksIn(bed.pushed)).toBe(sent);
    bed.pass(2 * beatMs);
    expect(tasksIn(bed.pushed)).toBeGreaterThan(sent);
  });

  test("is let go after two heartbeats without a change, if what was sent will never be read", () => {
    const bed = new TestBed({ push: "both ends" });
    const leaver = worker(bed, "leaver", { slots: 2 });
    submit(bed, [1, 100]);
    tally(bed, leaver, [1, 1, "leaving"]);
    bed.pass(beatMs);
    tally(bed, leaver, [1, 1, "leaving"]);
    expect(leaver.received.map(({ verb }) => verb)).not.toContain("DETACH");
    bed.pass(2 * beatMs);
    tally(bed, leaver, [1, 1, "leaving"]);
    bed.pass(beatMs);
    expect(leaver.received.map(({ verb }) => verb)).toContain("DETACH");
  });

  test("that changes its mind is sent tasks again", () => {
    const bed = new TestBed({ push: "both ends" });
    const w = worker(bed, "w");
    tally(bed, w, [0, 0, "leaving"]);
    submit(bed, [1, 1]);
    tally(bed, w, [0, 0]);
    expect(seqsIn(bed.pushed)).toBe("1");
  });
});
