import { type Duplicates, idRun } from "@tq/common/protocol";
import { encodeValues } from "@tq/common/wire";
import { describe, expect, test } from "vitest";
import { FakeJournal } from "../journal/fake-journal.test-support.ts";
import { origin, TestBed } from "../ventilator-core.test-support.ts";

/** Keys of consecutive tasks, from the first on; `undefined`: none. */
const keyed = (keys: readonly (string | undefined)[], keptMs = 0) => {
  const at = keys.flatMap((key, index) => (key === undefined ? [] : [index]));
  const key = { at, values: keys.filter((one) => one !== undefined) };
  return keptMs === 0 ? { key } : { key, keyKeptMs: { at, values: at.map(() => keptMs) } };
};

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("a second submission under the same key", () => {
  test("is answered with the first task while that is unsettled, and runs nothing", () => {
    const bed = new TestBed();
    const columns = { ...keyed(["k"]), traceparent: { at: [0], values: [traceparent] } };
    bed.submit(1, 1, { columns, inputs: ["x"] });
    bed.submit(2, 1, { columns: keyed(["k"]), inputs: ["x"] });
    const worker = bed.worker("w");
    bed.submit(3, 1, { columns: keyed(["k"]), inputs: ["x"] });
    expect(worker.tasks).toBe("1");
    expect(bed.owner.heard).toEqual([
      "accepted 1",
      `duplicate 2 of 1 in ${traceparent}`,
      `duplicate 3 of 1 in ${traceparent}`,
    ]);
    expect(bed.core.stats()).toMatchObject({ unsettled: 1, idempotencyKeys: { live: 1, settled: 0 } });
  });

  test("is a conflict with another input, and another task's key is another key", () => {
    const bed = new TestBed();
    bed.submit(1, 2, { columns: keyed(["k", "l"]), inputs: ["x", "y"] });
    bed.submit(3, 2, { columns: keyed(["k", "l"]), inputs: ["y", "y"] });
    expect(bed.owner.heard).toEqual([
      "accepted 1,2",
      "rejected TQ_ERR_IDEMPOTENCY_CONFLICT 3",
      "duplicate 4 of 2",
    ]);
  });

  test("is answered after the first task's end for as long as was asked for, and no longer", () => {
    const bed = new TestBed();
    const worker = bed.worker("w");
    bed.submit(1, 2, { columns: keyed(["kept", "not kept"]), inputs: ["x", "x"] });
    bed.submit(3, 1, { columns: keyed(["long"], 500), inputs: ["x"] });
    worker.done(bed.now, [1, 2, 3]);
    bed.settle();
    bed.submit(4, 1, { columns: keyed(["not kept"]), inputs: ["y"] });
    bed.pass(450);
    bed.submit(5, 1, { columns: keyed(["long"]), inputs: ["x"] });
    bed.pass(50);
    expect(bed.core.stats().idempotencyKeys).toEqual({ live: 1, settled: 0, forgotten: 0 });
    bed.submit(6, 1, { columns: keyed(["long"]), inputs: ["y"] });
    expect(bed.owner.heard.slice(-3)).toEqual(["accepted 4", "duplicate 5 of 3", "accepted 6"]);
  });

  test("finds the first one in the same message, too, and leaves its neighbours alone", () => {
    const bed = new TestBed();
    const worker = bed.worker("w");
    bed.submit(1, 5, { columns: keyed(["k", undefined, "k", "l", "k"]), inputs: [1, 2, 1, 3, 2] });
    expect(bed.owner.heard).toEqual([
      "accepted 1,2,4",
      "duplicate 3 of 1",
      "rejected TQ_ERR_IDEMPOTENCY_CONFLICT 5",
    ]);
    expect(worker.tasks).toBe("1,2,4");
  });

  test("that comes again gets the same answers again", () => {
    const bed = new TestBed();
    const again = () => bed.submit(1, 4, { columns: keyed(["k", "k", "k", "l"]), inputs: [1, 1, 2, 3] });
    again();
    const first = bed.owner.heard.splice(0);
    again();
    expect(first.toSorted()).toEqual([
      "accepted 1",
      "accepted 4",
      "duplicate 2 of 1",
      "rejected TQ_ERR_IDEMPOTENCY_CONFLICT 3",
    ]);
    expect(bed.owner.heard.toSorted()).toEqual(first.toSorted());
    expect(bed.core.stats().unsettled).toBe(2);
  });

  test("leaves no gap in what sinks may forget", () => {
    const bed = new TestBed();
    const worker = bed.worker("w");
    bed.submit(1, 3, { columns: keyed(["k", "k", "l"]), inputs: [1, 1, 2] });
    worker.done(bed.now, [1, 3]);
    bed.pass(1_100);
    expect(bed.sink.told.at(-1)).toMatchObject({ verb: "LOWMARK", origins: [origin], below: [4] });
  });
});

describe("what another ventilator handed on", () => {
  const handedOn = { columns: keyed(["k"]), isHandedOn: true };

  test("and had accepted is taken whatever its key, which stays with whom it was", () => {
    const bed = new TestBed();
    bed.submit(1, 1, { columns: keyed(["k"]), inputs: ["x"] });
    bed.submit(2, 1, { ...handedOn, inputs: ["y"], isPromised: true });
    bed.submit(3, 1, { columns: keyed(["k"]), inputs: ["x"] });
    expect(bed.owner.heard).toEqual(["accepted 1", "accepted 2", "duplicate 3 of 1"]);
  });

  test("and had not accepted is held to its key, like the same call at one ventilator", () => {
    const bed = new TestBed();
    const worker = bed.worker("w");
    for (const [at, input] of ["x", "x", "y"].entries())
      bed.submit(at + 1, 1, { ...handedOn, inputs: [input] });
    expect(bed.owner.heard).toEqual([
      "accepted 1",
      "duplicate 2 of 1",
      "rejected TQ_ERR_IDEMPOTENCY_CONFLICT 3",
    ]);
    expect(worker.tasks).toBe("1");
  });
});

test("who submits the same again under another name, while the first task is not safe, is told himself", () => {
  const disk = new FakeJournal();
  const bed = new TestBed({ disk });
  bed.submit(1, 1, { columns: keyed(["k"]), inputs: ["x"] });
  bed.submit(2, 1, { columns: keyed(["k"]), inputs: ["x"] });
  const told: Duplicates[] = [];
  const nothing = (): void => {};
  const events = {
    credit: nothing,
    accepted: nothing,
    rejected: nothing,
    settled: nothing,
    answer: nothing,
    unreachable: nothing,
    closed: nothing,
    duplicate: (duplicates: Duplicates) => void told.push(duplicates),
  };
  const again = { ids: idRun(origin, 2, 1), options: keyed(["k"]), values: encodeValues(["x"]) };
  const other = bed.core.attach(events, () => bed.now);
  other.submit({ definition: { name: "work" }, reply: "sink", ...again });
  disk.sync(bed);
  expect(told).toMatchObject([{ ids: again.ids, of: idRun(origin, 1, 1) }]);
  expect(bed.owner.heard).toEqual(["accepted 1"]);
});

test("a key on tasks that are answered is refused", () => {
  const bed = new TestBed();
  bed.submit(1, 1, { reply: "answer", columns: keyed(["k"]) });
  expect(bed.owner.heard).toEqual(["rejected TQ_ERR_PROTOCOL 1"]);
});

test("a batch that is refused takes no keys", () => {
  const bed = new TestBed({ sinks: [] });
  bed.submit(1, 1, { columns: keyed(["k"]) });
  expect(bed.owner.heard).toEqual(["rejected TQ_ERR_NO_SINK 1"]);
  expect(bed.core.stats().idempotencyKeys.live).toBe(0);
});
