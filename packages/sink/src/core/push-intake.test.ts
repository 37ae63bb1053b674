import { idRun } from "@tq/common/protocol";
import { encodeValues, type Outcomes } from "@tq/common/wire";
import { expect, test } from "vitest";
import { double, origin, Rig, timing } from "./rig.test-support.ts";

const otherOrigin = "00000000000000bb";
const idleMs = 2 * timing.heartbeatMs;

function outcomes(first: number, count: number, overrides: Partial<Outcomes> = {}): Outcomes {
  const seqs = Array.from({ length: count }, (_, index) => first + index);
  return {
    verb: "OUTCOMES",
    worker: "w",
    definition: double,
    outcome: "completed",
    ids: idRun(origin, first, count),
    durationsUs: seqs.map((seq) => seq * 1000),
    values: encodeValues(seqs),
    ...overrides,
  };
}

function setUp(options: ConstructorParameters<typeof Rig>[0] = {}) {
  const rig = new Rig(options);
  rig.core.servePush("tcp://127.0.0.1:5568");
  const ventilator = rig.ventilator("v");
  const arrive = (message: Outcomes): void => {
    rig.core.receive(rig.now, { route: undefined }, message);
    rig.settle();
  };
  const sent = (through: number, idle = true, of: string = origin): void =>
    ventilator.say({ verb: "SENT", origins: [of], through: [through], ...(idle && { idle }) });
  const words = () => ventilator.missing.map(({ through, missing }) => [through, missing]);
  return { rig, ventilator, arrive, sent, words };
}

test("everybody is told where the pipe is, if there is one", () => {
  const { rig, ventilator } = setUp();
  expect(ventilator.push).toBe("tcp://127.0.0.1:5568");
  expect(rig.worker("w").push).toBe("tcp://127.0.0.1:5568");
  expect(new Rig().ventilator("v").push).toBeUndefined();
});

test("outcomes of every kind come to the loop of their definition, and nobody is told of their commit", () => {
  const { rig, arrive, ventilator } = setUp();
  const reader = rig.core.openReader(double);
  arrive(outcomes(1, 3));
  arrive(outcomes(4, 1, { outcome: "failed", values: encodeValues([{ name: "Error", message: "no" }]) }));
  const first = rig.read(reader);
  expect(first).toMatchObject({ seqs: [1, 2, 3], values: [1, 2, 3] });
  expect(first?.reading.batch).toMatchObject({
    worker: "w",
    outcome: "completed",
    durationsUs: [1000, 2000, 3000],
  });
  rig.settle();
  expect(rig.read(reader)?.reading.batch.outcome).toBe("failed");
  rig.settle();
  expect(rig.core.stats()).toMatchObject({ committed: { completed: 3, failed: 1 }, push: { received: 4 } });
  expect(ventilator.committed).toEqual([]);
  expect(rig.changes).toHaveLength(2);
});

test("what comes twice is dropped, before and after its commit", () => {
  const { rig, arrive } = setUp();
  const reader = rig.core.openReader(double);
  arrive(outcomes(1, 3));
  arrive(outcomes(2, 4));
  expect(rig.read(reader)?.seqs).toEqual([1, 2, 3]);
  rig.settle();
  expect(rig.read(reader)).toMatchObject({ seqs: [4, 5], values: [4, 5] });
  rig.settle();
  arrive(outcomes(1, 5));
  expect(rig.read(reader)).toBeUndefined();
  expect(rig.core.stats().push).toMatchObject({ received: 5, duplicates: 7 });
});

test("a full inbox stops the pipe as a whole, and reading from it sets it going again", () => {
  const { rig, arrive } = setUp({ limits: { waitingResultsMax: 4 } });
  const reader = rig.core.openReader(double);
  arrive(outcomes(1, 3));
  expect(rig.isPushHeld).toBe(false);
  arrive(outcomes(4, 3));
  expect(rig.isPushHeld).toBe(true);
  expect(rig.core.stats().push.isHeld).toBe(true);
  rig.read(reader);
  rig.settle();
  expect(rig.isPushHeld).toBe(false);
});

test("the last word is said as soon as all came, and after two quiet heartbeats if not", () => {
  const { rig, arrive, sent, words } = setUp();
  arrive(outcomes(1, 3));
  sent(3);
  expect(words()).toEqual([[3, 0]]);
  arrive(outcomes(5, 1));
  sent(6);
  rig.advance(idleMs - 1);
  expect(words()).toEqual([[3, 0]]);
  rig.advance(timing.heartbeatMs);
  expect(words()).toEqual([
    [3, 0],
    [6, 2],
  ]);
  expect(rig.ofType("push.missing")).toEqual([
    { type: "push.missing", task: "double", origin, through: 6, missing: 2, change: 2 },
  ]);
  expect(rig.core.stats().push.missing).toBe(2);
});

test("the pipe's silence does not count while it is not read", () => {
  const { rig, arrive, sent, words } = setUp({ limits: { waitingResultsMax: 1 } });
  const reader = rig.core.openReader(double);
  arrive(outcomes(1, 1));
  sent(2);
  rig.advance(10 * idleMs);
  expect(words()).toEqual([]);
  rig.read(reader);
  rig.settle();
  rig.advance(idleMs / 2);
  arrive(outcomes(2, 1));
  rig.advance(timing.heartbeatMs);
  expect(words()).toEqual([[2, 0]]);
});

test("what comes late is taken, told, and the number is corrected", () => {
  const { rig, arrive, sent, words } = setUp();
  const reader = rig.core.openReader(double);
  sent(2);
  rig.advance(2 * idleMs);
  arrive(outcomes(1, 1));
  rig.advance(2 * idleMs);
  expect(words()).toEqual([
    [2, 2],
    [2, 1],
  ]);
  expect(rig.read(reader)?.seqs).toEqual([1]);
  expect(rig.ofType("push.late")).toEqual([{ type: "push.late", task: "double", origin, count: 1 }]);
  expect(rig.core.stats().push).toMatchObject({ missing: 1, late: 1 });
});

test("a task that the ventilator proposes as expired is not missing", () => {
  const { rig, arrive, sent, ventilator, words } = setUp();
  arrive(outcomes(1, 2));
  ventilator.propose("expired", [3]);
  sent(4);
  rig.advance(2 * idleMs);
  expect(words()).toEqual([[4, 1]]);
});

test("a ventilator that does not say that workers are idle is told after half a minute, and one that is gone is told nothing", () => {
  const { rig, sent, ventilator, words } = setUp();
  sent(1, false);
  rig.advance(29_000);
  expect(words()).toEqual([]);
  rig.advance(2_000);
  expect(words()).toEqual([[1, 1]]);
  sent(2, true);
  ventilator.isCut = true;
  rig.advance(10_000);
  expect(rig.core.stats().push.missing).toBe(2);
  expect(rig.ofType("push.missing").at(-1)).toMatchObject({ missing: 2, change: 1 });
});

test("a sink that is met anew waits for nothing below the low mark it is given", () => {
  const { rig, sent, ventilator, words } = setUp();
  ventilator.say({ verb: "LOWMARK", origins: [origin], below: [101] });
  sent(102);
  rig.advance(2 * idleMs);
  expect(words()).toEqual([[102, 2]]);
});

test("a sink that was told of an origin counts from its first task on, whatever a ventilator's next start had of it", () => {
  const { rig, sent, ventilator, words } = setUp();
  sent(50, false);
  ventilator.say({ verb: "LOWMARK", origins: [origin], below: [101] });
  sent(102);
  rig.advance(2 * idleMs);
  expect(words()).toEqual([[102, 102]]);
});

test("nothing of a closed origin is taken", () => {
  const { rig, arrive, ventilator } = setUp();
  arrive(outcomes(1, 1));
  ventilator.say({ verb: "CLOSED", origins: [origin] });
  arrive(outcomes(2, 1));
  expect(rig.core.stats().push).toMatchObject({ received: 1, duplicates: 1 });
});

test("origins are told apart, and only so many are remembered", () => {
  const { rig, arrive, sent, words } = setUp({ limits: { pushOriginsMax: 2 } });
  arrive(outcomes(1, 1));
  arrive(outcomes(1, 1, { ids: idRun(otherOrigin, 1, 1) }));
  expect(rig.core.stats().push.received).toBe(2);
  arrive(outcomes(1, 1, { ids: idRun("00000000000000cc", 1, 1) }));
  arrive(outcomes(1, 1, { ids: idRun(otherOrigin, 1, 1) }));
  expect(rig.core.stats().push).toMatchObject({ received: 3, duplicates: 1 });
  sent(1, true, otherOrigin);
  expect(words()).toEqual([[1, 0]]);
});

test("an origin of which more is sent is not forgotten for those that are quiet", () => {
  const { rig, arrive, sent, words } = setUp({ limits: { pushOriginsMax: 2 } });
  arrive(outcomes(1, 1));
  arrive(outcomes(1, 1, { ids: idRun(otherOrigin, 1, 1) }));
  sent(2);
  arrive(outcomes(1, 1, { ids: idRun("00000000000000cc", 1, 1) }));
  arrive(outcomes(2, 1));
  expect(words()).toEqual([[2, 0]]);
  expect(rig.core.stats().push.received).toBe(4);
});

test("what is no OUTCOMES is a violation", () => {
  const { rig } = setUp();
  rig.core.receive(0, { route: undefined }, { verb: "RESYNC", bootId: origin });
  expect(rig.core.stats().violations).toBe(1);
});

test("draining stops the pipe, and what is here is still read", () => {
  const { rig, arrive } = setUp();
  const reader = rig.core.openReader(double);
  arrive(outcomes(1, 1));
  rig.core.drain();
  rig.settle();
  expect(rig.isPushHeld).toBe(true);
  expect(rig.drained).toBe(0);
  expect(rig.read(reader)?.seqs).toEqual([1]);
  rig.settle();
  expect(rig.drained).toBe(1);
});

test("a leased result and a pushed one of the same definition come to the same loop", () => {
  const { rig, arrive } = setUp();
  const reader = rig.core.openReader(double);
  const worker = rig.worker("w");
  worker.results([7]);
  arrive(outcomes(1, 1, { ids: idRun(otherOrigin, 1, 1) }));
  expect([rig.read(reader)?.seqs, rig.read(reader)?.seqs]).toEqual([[7], [1]]);
  rig.settle();
  expect(worker.committed).toEqual([["completed", 7]]);
});
