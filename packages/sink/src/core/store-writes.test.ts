import { describe, expect, test } from "vitest";
import { origin, Rig } from "./rig.test-support.ts";

describe("a store that answers later", () => {
  test("decides when a worker hears of its result and gets its credit back", () => {
    const rig = new Rig({ isStoreSlow: true, commitsOnArrival: true, limits: { waitingResultsMax: 2 } });
    const worker = rig.worker("w");
    worker.results([1, 2]);
    rig.advance(10_000);
    expect(rig.changes).toHaveLength(1);
    expect(worker.committed).toEqual([]);
    expect(worker.grants.slice(0, 2)).toEqual([0, 2]);
    rig.persist();
    rig.advance(1_000);
    expect(worker.committed.map(([, seq]) => seq)).toEqual([1, 2]);
    expect(worker.grants.slice(0, 2)).toEqual([0, 4]);
    expect(rig.core.stats()).toMatchObject({ committed: { completed: 2 }, definitions: [{ waiting: 0 }] });
  });

  test("is given the next change meanwhile, and answers for each", () => {
    const rig = new Rig({ isStoreSlow: true, commitsOnArrival: true });
    const worker = rig.worker("w");
    worker.results([1]);
    worker.results([2]);
    expect(rig.changes).toHaveLength(2);
    rig.persist(1);
    expect(worker.committed).toEqual([["completed", 1]]);
    rig.persist(2);
    expect(worker.committed).toEqual([
      ["completed", 1],
      ["completed", 2],
    ]);
  });

  test("leaves an id pending: who offers it again is not told before it is written, and it is written once", () => {
    const rig = new Rig({ isStoreSlow: true, commitsOnArrival: true });
    const [worker, other, ventilator] = [rig.worker("w"), rig.worker("o"), rig.ventilator("v")];
    worker.results([1]);
    other.results([1]);
    ventilator.propose("expired", [1]);
    rig.advance(5_000);
    expect([...worker.committed, ...other.committed, ...ventilator.committed]).toEqual([]);
    rig.persist();
    for (const peer of [worker, other, ventilator]) expect(peer.committed).toEqual([["completed", 1]]);
    expect(rig.changes.flatMap(({ results }) => results)).toHaveLength(1);
  });

  test("keeps draining open until it has answered", () => {
    const rig = new Rig({ isStoreSlow: true, commitsOnArrival: true });
    rig.worker("w").results([1]);
    rig.core.drain();
    rig.advance(5_000);
    expect(rig.drained).toBe(0);
    rig.persist();
    rig.advance(5_000);
    expect(rig.drained).toBe(1);
  });

  test("leaves what it has not answered for to its worker, by id, when the sink closes", () => {
    const rig = new Rig({ isStoreSlow: true, commitsOnArrival: true });
    const worker = rig.worker("w");
    worker.results([1, 2]);
    rig.core.close(rig.now, "over");
    rig.persist();
    expect(rig.ofType("results.left")).toMatchObject([{ count: 2, tasks: [{ taskId: `${origin}-1` }, {}] }]);
    expect(worker.committed).toEqual([]);
  });
});

describe("a store that is full", () => {
  test("gets everything again a second later, in one change, and only then anybody is told", () => {
    const rig = new Rig({ isStoreSlow: true, commitsOnArrival: true });
    const [worker, ventilator] = [rig.worker("w"), rig.ventilator("v")];
    worker.results([1]);
    ventilator.say({ verb: "LOWMARK", origins: [origin], below: [1] });
    worker.results([2]);
    rig.refuse();
    worker.results([3]);
    expect(rig.changes).toHaveLength(3);
    rig.advance(750);
    expect(rig.changes).toHaveLength(3);
    rig.advance(750);
    expect(rig.changes).toHaveLength(4);
    expect(rig.changes[3]?.results).toHaveLength(3);
    expect(rig.changes[3]?.lowMarks).toEqual([{ origin, below: 1 }]);
    expect(worker.committed).toEqual([]);
    rig.persist();
    expect(worker.committed.map(([, seq]) => seq)).toEqual([1, 2, 3]);
  });

  test("is reported once, and once when it has room again", () => {
    const rig = new Rig({ isStoreSlow: true, commitsOnArrival: true });
    rig.worker("w").results([1, 2]);
    for (let tries = 0; tries < 3; tries++) {
      rig.refuse();
      rig.advance(1_500);
    }
    rig.persist();
    expect(rig.ofType("store.full")).toEqual([{ type: "store.full", waiting: 2 }]);
    expect(rig.ofType("store.writable")).toHaveLength(1);
    rig.advance(60_000);
    expect(rig.changes).toHaveLength(4);
  });

  test("holds up the pipe of the push lane as well, and lets it go on", () => {
    const rig = new Rig({ isStoreSlow: true, commitsOnArrival: true, limits: { waitingResultsMax: 3 } });
    rig.push([1, 2, 3]);
    rig.refuse();
    expect(rig.isPushHeld).toBe(true);
    rig.advance(1_500);
    rig.persist();
    expect(rig.isPushHeld).toBe(false);
    expect(rig.changes.at(-1)?.pushed).toHaveLength(1);
  });
});
