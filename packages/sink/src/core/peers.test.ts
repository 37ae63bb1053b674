import { nilValues } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import { double, idsOf, origin, Rig } from "./rig.test-support.ts";

describe("a stranger", () => {
  test("that is a producer, or a worker that looks for a ventilator, is shown the way to a ventilator, once one is known", () => {
    const rig = new Rig();
    const lost = rig.ventilator("v", { producers: "tcp://127.0.0.1:5556", workers: "tcp://127.0.0.1:5557" });
    const producer = rig.stranger("producer");
    expect(producer.refusal).toMatchObject({
      code: "TQ_ERR_WRONG_ENDPOINT",
      endpoint: "tcp://127.0.0.1:5556",
    });
    expect(rig.stranger("worker").refusal).toMatchObject({
      code: "TQ_ERR_WRONG_ENDPOINT",
      endpoint: "tcp://127.0.0.1:5557",
    });
    lost.client.close("bye");
    rig.settle();
    expect(rig.stranger("producer").refusal).not.toHaveProperty("endpoint");
    expect(rig.stranger("sink").refusal?.code).toBe("TQ_ERR_WRONG_ENDPOINT");
    expect(rig.ofType("peer.refused").map(({ role }) => role)).toEqual([
      "producer",
      "worker",
      "producer",
      "sink",
    ]);
  });
});

describe("WELCOME", () => {
  test("names the sink", () => {
    expect(new Rig({ sinkId: "stable" }).ventilator("v").sinkId).toBe("stable");
  });
});

describe("credit", () => {
  test("is an equal part of the bound for each worker, and grows back when results are committed", () => {
    const rig = new Rig({ limits: { waitingResultsMax: 8, waitingBytesMax: 800 } });
    const one = rig.worker("one");
    expect(one.grants).toEqual([0, 8, 800]);
    one.results([1, 2, 3, 4, 5, 6, 7, 8]);
    rig.advance(2000);
    expect(one.grants).toEqual([0, 8, 800]);
    rig.read(rig.core.openReader());
    rig.settle();
    expect(one.grants.slice(0, 2)).toEqual([0, 16]);
  });

  test("is one result at least, and of a definition of its own for each", () => {
    const rig = new Rig({ limits: { waitingResultsMax: 2 } });
    const workers = ["a", "b", "c"].map((name) => rig.worker(name, [double, { name: "other" }]));
    for (const { grants } of workers) {
      expect(grants[1]).toBeGreaterThanOrEqual(1);
      expect(grants[4]).toBeGreaterThanOrEqual(1);
    }
  });

  test("that is overrun costs the session, and nothing else", () => {
    const rig = new Rig({ limits: { waitingResultsMax: 2 } });
    const worker = rig.worker("w");
    worker.results([1, 2]);
    worker.results([3]);
    expect(rig.ofType("peer.violation")).toMatchObject([{ peer: "w", count: 1 }]);
    rig.advance(1500);
    expect(worker.sessions).toBe(2);
    worker.results([1, 2, 3].slice(0, worker.grants[1]));
    const reader = rig.core.openReader();
    expect(rig.read(reader)?.seqs).toEqual([1, 2]);
  });

  test("of duplicates is free again at once", () => {
    const rig = new Rig({ limits: { waitingResultsMax: 4, waitingBytesMax: 4 } });
    const worker = rig.worker("w");
    for (let round = 0; round < 20; round++) {
      worker.results([1, 2]);
      rig.advance(750);
    }
    expect(rig.core.stats()).toMatchObject({ violations: 0, duplicates: 38 });
    expect(rig.core.stats().definitions[0]?.waiting).toBe(2);
  });

  test("of a worker that left goes to the others", () => {
    const rig = new Rig({ limits: { waitingResultsMax: 8 } });
    const [leaving, staying] = [rig.worker("leaving"), rig.worker("staying")];
    expect(staying.grants[1]).toBeLessThan(8);
    leaving.client.close("bye");
    rig.settle();
    expect(staying.grants[1]).toBe(8);
  });
});

describe("a peer that breaks the rules", () => {
  test("is counted, and told of at the first and at powers of two", () => {
    const rig = new Rig();
    const worker = rig.worker("w");
    for (let count = 0; count < 5; count++) {
      worker.say({ verb: "LOWMARK", origins: [origin], below: [100] });
    }
    rig.core.violation(rig.now, {}, "garbage");
    expect(rig.core.stats().violations).toBe(6);
    expect(rig.ofType("peer.violation").map(({ count }) => count)).toEqual([1, 2, 4]);
    worker.results([1]);
    expect(rig.read(rig.core.openReader())?.seqs).toEqual([1]);
  });

  test.each([
    ["results of a definition that its HELLO does not have", "RESULTS"],
    ["the proposal of a completion", "PROPOSE"],
  ] as const)("with %s loses its session, and no loop sees them", (_what, verb) => {
    const rig = new Rig();
    const [worker, ventilator] = [rig.worker("w"), rig.ventilator("v")];
    const reader = rig.core.openReader();
    const [ids, values] = [idsOf([1]), nilValues(1)];
    if (verb === "RESULTS") worker.say({ verb, epoch: 1, definition: 1, ids, durationsUs: [0], values });
    else ventilator.say({ verb, definition: double, outcome: "completed", ids, values });
    expect(rig.read(reader)).toBeUndefined();
    expect(rig.core.stats()).toMatchObject({ violations: 1 });
    expect(rig.events.filter(({ type }) => type.endsWith(".left"))).toMatchObject([{ reason: "violation" }]);
  });
});
