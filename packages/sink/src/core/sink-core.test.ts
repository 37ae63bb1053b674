import { describe, expect, test } from "vitest";
import { double, origin, Rig, show } from "./rig.test-support.ts";

describe("a result", () => {
  test("is told to its worker when the loop has committed it, and not before", () => {
    const rig = new Rig();
    const reader = rig.core.openReader();
    const worker = rig.worker("w");
    worker.results([1, 2, 3]);
    const reading = rig.core.take(reader);
    rig.settle();
    expect(reading && show(reading)).toEqual({ seqs: [1, 2, 3], values: [1, 2, 3] });
    expect(worker.committed).toEqual([]);

    if (reading) rig.core.commit(reading, 2);
    rig.settle();
    expect(worker.committed).toEqual([
      ["completed", 1],
      ["completed", 2],
    ]);
    expect(rig.core.stats()).toMatchObject({
      committed: { completed: 2 },
      definitions: [
        { task: "double", contract: "v1", workers: 1, waiting: 1, waitingBytes: 1, isRead: true },
      ],
    });
  });

  test("is written before anybody hears of it, once per turn", () => {
    const rig = new Rig();
    const reader = rig.core.openReader();
    const [one, other] = [rig.worker("one"), rig.worker("other")];
    one.results([1, 2]);
    other.results([3]);
    rig.trail.length = 0;
    rig.read(reader);
    rig.read(reader);
    rig.core.flush(rig.now);
    expect(rig.trail.slice(0, 3)).toEqual(["write", "COMMITTED", "COMMITTED"]);
    const [change] = rig.changes;
    expect(change?.results.map(({ batch, from, to }) => [batch.worker, from, to])).toEqual([
      ["one", 0, 2],
      ["other", 0, 1],
    ]);
  });

  test("carries its worker's name, duration and contract", () => {
    const rig = new Rig();
    rig.worker("w").results([7]);
    expect(rig.read(rig.core.openReader())?.reading.batch).toMatchObject({
      name: "double",
      contract: "v1",
      outcome: "completed",
      worker: "w",
      durationsUs: [7000],
    });
  });
});

describe("an id that is offered again", () => {
  test("while it is pending reaches no loop; both offerers hear of the first one's commit", () => {
    const rig = new Rig();
    const reader = rig.core.openReader();
    const [one, other] = [rig.worker("one"), rig.worker("other")];
    one.results([1]);
    other.results([1, 2]);
    expect(rig.read(reader)?.seqs).toEqual([1]);
    expect(rig.read(reader)?.seqs).toEqual([2]);
    expect(rig.read(reader)).toBeUndefined();
    rig.settle();
    expect(one.committed).toEqual([["completed", 1]]);
    expect(other.committed).toEqual([
      ["completed", 1],
      ["completed", 2],
    ]);
    expect(rig.core.stats()).toMatchObject({ committed: { completed: 2 }, duplicates: 1 });
  });

  test("after its commit is answered at once with the outcome that stands", () => {
    const rig = new Rig();
    const reader = rig.core.openReader();
    const [ventilator, worker] = [rig.ventilator("v"), rig.worker("w")];
    ventilator.propose("cancelled", [5]);
    rig.read(reader);
    rig.settle();
    worker.results([5]);
    expect(rig.read(reader)).toBeUndefined();
    expect(worker.committed).toEqual([["cancelled", 5]]);
    expect(ventilator.committed).toEqual([["cancelled", 5]]);
  });

  test("by a proposal behind a waiting result is told that it completed", () => {
    const rig = new Rig();
    const [ventilator, worker] = [rig.ventilator("v"), rig.worker("w")];
    worker.results([1]);
    ventilator.propose("expired", [1]);
    rig.read(rig.core.openReader());
    rig.settle();
    expect(ventilator.committed).toEqual([["completed", 1]]);
  });

  test("by the same worker in its next session is told there", () => {
    const rig = new Rig();
    const worker = rig.worker("w");
    worker.results([1]);
    worker.isCut = true;
    rig.advance(3000);
    expect(rig.ofType("worker.left")).toMatchObject([{ reason: "silent" }]);
    worker.isCut = false;
    rig.advance(3000);
    expect(worker.sessions).toBe(2);
    worker.results([1]);
    expect(rig.read(rig.core.openReader())?.seqs).toEqual([1]);
    rig.settle();
    expect(worker.committed).toEqual([["completed", 1]]);
    expect(rig.core.stats().committed.completed).toBe(1);
  });

  test("below a low mark or of a closed origin is answered as completed", () => {
    const rig = new Rig();
    const [ventilator, worker] = [rig.ventilator("v"), rig.worker("w")];
    const reader = rig.core.openReader();
    ventilator.say({ verb: "LOWMARK", origins: [origin], below: [10] });
    worker.results([9, 10]);
    expect(rig.read(reader)?.seqs).toEqual([10]);
    ventilator.say({ verb: "CLOSED", origins: [origin] });
    worker.results([11]);
    expect(rig.read(reader)).toBeUndefined();
    expect(worker.committed).toEqual([
      ["completed", 9],
      ["completed", 10],
      ["completed", 11],
    ]);
    expect(rig.changes.map(({ lowMarks, closed }) => [lowMarks, closed])).toContainEqual([[], [origin]]);
  });
});

describe("loops", () => {
  test("that end in the middle leave the rest to the next one, first in line", () => {
    const rig = new Rig();
    const worker = rig.worker("w");
    worker.results([1, 2, 3]);
    worker.results([4]);
    const first = rig.core.openReader();
    const reading = rig.core.take(first);
    if (reading) rig.core.commit(reading, 1);
    rig.core.closeReader(rig.now, first);
    const second = rig.core.openReader();
    expect(rig.read(second)?.seqs).toEqual([2, 3]);
    expect(rig.read(second)?.seqs).toEqual([4]);
    rig.settle();
    expect(worker.committed.map(([, seq]) => seq)).toEqual([1, 2, 3, 4]);
    expect(rig.core.stats().definitions[0]).toMatchObject({ waiting: 0, waitingBytes: 0 });
  });

  test("read their own definition, and the one without a selector what is left", () => {
    const rig = new Rig();
    const worker = rig.worker("w", [double, { name: "double", contract: "v2" }, { name: "other" }]);
    const rest = rig.core.openReader();
    const own = rig.core.openReader({ name: "double", contract: "v2" });
    worker.results([1], 0);
    worker.results([2], 1);
    worker.results([3], 2);
    expect(rig.read(own)?.seqs).toEqual([2]);
    expect(rig.read(own)).toBeUndefined();
    expect([rig.read(rest)?.seqs, rig.read(rest)?.seqs].flat().sort()).toEqual([1, 3]);
  });

  test("without a contract id read every contract of the name, and a contract id takes results without one", () => {
    const rig = new Rig();
    const worker = rig.worker("w", [double, { name: "double" }]);
    const any = rig.core.openReader({ name: "double" });
    worker.results([1], 0);
    expect(rig.read(any)?.seqs).toEqual([1]);
    rig.core.closeReader(rig.now, any);
    const v1 = rig.core.openReader({ name: "double", contract: "v1" });
    worker.results([2], 1);
    expect(rig.read(v1)?.seqs).toEqual([2]);
  });

  test("over the same results are refused, over other contracts of the same name not", () => {
    const rig = new Rig();
    const inUse = expect.objectContaining({ code: "TQ_ERR_RESULTS_IN_USE" });
    const v1 = rig.core.openReader(double);
    expect(() => rig.core.openReader(double)).toThrow(inUse);
    expect(() => rig.core.openReader({ name: "double" })).toThrow(inUse);
    rig.core.openReader({ name: "double", contract: "v2" });
    rig.core.openReader();
    expect(() => rig.core.openReader()).toThrow(inUse);
    rig.core.closeReader(rig.now, v1);
    rig.core.openReader(double);
  });

  test("that found nothing are told once when something comes", () => {
    const rig = new Rig();
    const worker = rig.worker("w");
    const reader = rig.core.openReader();
    worker.results([1]);
    expect(rig.offered.size).toBe(0);
    rig.read(reader);
    expect(rig.read(reader)).toBeUndefined();
    worker.results([2]);
    expect([...rig.offered]).toEqual([reader]);
  });

  test("take definitions in turn", () => {
    const rig = new Rig();
    const worker = rig.worker("w", [double, { name: "other" }]);
    for (const seq of [1, 2, 3]) worker.results([seq], 0);
    worker.results([100], 1);
    const reader = rig.core.openReader();
    const firstTwo = [rig.read(reader)?.seqs, rig.read(reader)?.seqs].flat();
    expect(firstTwo).toContain(100);
  });
});

describe("results that nobody reads", () => {
  test("are reported after a second, then after 1, 2 and 4 minutes, until a loop comes", () => {
    const rig = new Rig();
    rig.worker("w").results([1, 2]);
    rig.advance(5 * 60_000);
    const told = rig.ofType("sink.unread");
    expect(told.map(({ unreadMs }) => Math.round(unreadMs / 1000))).toEqual([1, 60, 120, 240]);
    expect(told[0]).toMatchObject({ task: "double", contract: "v1", waiting: 2 });
    rig.read(rig.core.openReader());
    rig.settle();
    rig.advance(60 * 60_000);
    expect(rig.ofType("sink.unread")).toHaveLength(4);
  });
});

describe("the end", () => {
  test("of draining is told when loops are through and the peers know it; nothing is granted meanwhile", () => {
    const rig = new Rig({ limits: { waitingResultsMax: 4 } });
    const worker = rig.worker("w");
    const reader = rig.core.openReader();
    worker.results([1, 2, 3, 4]);
    rig.core.drain();
    const granted = [...worker.grants];
    const reading = rig.core.take(reader);
    rig.settle();
    expect(rig.drained).toBe(0);
    if (reading) rig.core.commit(reading, 4);
    rig.settle();
    rig.advance(1500);
    expect(worker.committed).toHaveLength(4);
    expect(rig.drained).toBe(1);
    expect(worker.grants).toEqual(granted);
  });

  test("of draining is not told before a worker has acknowledged what is final", () => {
    const rig = new Rig();
    const worker = rig.worker("w");
    const reader = rig.core.openReader();
    worker.results([1]);
    worker.isDeaf = true;
    rig.core.drain();
    rig.read(reader);
    rig.advance(750);
    expect(rig.drained).toBe(0);
    worker.isDeaf = false;
    rig.advance(3000);
    expect(worker.committed).toEqual([["completed", 1]]);
    expect(rig.drained).toBe(1);
  });

  test("does not wait for results without a loop, and names what is left", () => {
    const rig = new Rig();
    const worker = rig.worker("w");
    worker.results([1, 2, 3]);
    const reader = rig.core.openReader();
    const reading = rig.core.take(reader);
    if (reading) rig.core.commit(reading, 1);
    rig.core.closeReader(rig.now, reader);
    rig.core.drain();
    rig.settle();
    rig.advance(1500);
    expect(rig.drained).toBe(1);
    rig.core.close(rig.now, "over");
    expect(rig.ofType("results.left")).toMatchObject([
      { count: 2, tasks: [{ taskId: `${origin}-2` }, { taskId: `${origin}-3` }] },
    ]);
    rig.settle();
    expect(worker.client.session).toBeUndefined();
  });
});
