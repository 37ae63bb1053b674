import { forEachId, idRun, rendezvous } from "@tq/common/protocol";
import { decodeValues, encodeValues } from "@tq/common/wire";
import { expect, test } from "vitest";
import { keyedParts } from "./keyed-parts.ts";
import { originsOf, TestBed } from "./producer-core.test-support.ts";

const { sink: origin } = originsOf(0);
const endpoints = ["tcp://v1", "tcp://v2"];
const keys = Array.from({ length: 12 }, (_, n) => `order-${n}`);
const batch = {
  definition: { name: "echo" },
  reply: "sink",
  ids: idRun(origin, 5, 12),
  options: { key: { at: keys.map((_, at) => at), values: keys }, priority: { at: [3], values: [7] } },
  values: encodeValues(keys.map((_, at) => `input ${at}`)),
} as const;

test("each task goes to the ventilator that its key chooses, with its own input, options and cancellation", () => {
  const cancelled = { origins: [origin], runs: [0, 8, 1, 0, 16, 1] };
  const parts = keyedParts({ batch, isPromised: true, isDoubtful: false, cancelled }, endpoints);
  const seen: unknown[] = [];
  for (const { moving, endpoint } of parts) {
    const inputs = decodeValues(moving.batch.values);
    const { key, priority } = moving.batch.options;
    const isCancelled = new Set<number>();
    forEachId(moving.cancelled, (_, seq) => isCancelled.add(seq));
    forEachId(moving.batch.ids, (_, seq, at) => {
      const priorityAt = priority?.at.indexOf(at) ?? -1;
      seen.push([
        seq,
        key?.values[at],
        inputs[at],
        priority?.values[priorityAt],
        isCancelled.has(seq),
        endpoint,
      ]);
    });
  }
  expect(seen).toEqual(
    keys.map((key, at) => [
      at + 5,
      key,
      `input ${at}`,
      at === 3 ? 7 : undefined,
      at === 3 || at === 11,
      rendezvous(key, endpoints),
    ]),
  );
  // Neighbours with the same choice stay together.
  expect(parts.length).toBeLessThan(keys.length);
  expect(parts.length).toBeGreaterThan(1);
});

test("a batch without keys stays whole", () => {
  const plain = {
    batch: { ...batch, options: {} },
    isPromised: false,
    isDoubtful: false,
    cancelled: { origins: [], runs: [] },
  };
  expect(keyedParts(plain, endpoints)).toEqual([{ moving: plain, endpoint: undefined }]);
});

test("what a lost ventilator had is handed on to those that its keys are submitted to from now on", () => {
  const bed = new TestBed(3);
  for (const ventilator of bed.ventilators) ventilator.grant(100);
  const { ids: _, ...rest } = batch;
  bed.submit("sink", 12, { batch: rest });
  const chosen = new Map<string, string>();
  for (const [index, ventilator] of bed.ventilators.entries()) {
    if (index === 0) continue;
    ventilator.onSubmit = ({ options }) => {
      for (const key of options.key?.values ?? []) chosen.set(key, `tcp://v${index}`);
    };
  }
  bed.ventilator.isAlive = false;
  bed.advance(1_000);
  expect(chosen).toEqual(new Map(keys.map((key) => [key, rendezvous(key, endpoints) ?? ""])));
});

/** Tasks 1 to 3 with keys at the first of two ventilators. */
const keyedAtFirst = () => {
  const bed = new TestBed(2);
  for (const ventilator of bed.ventilators) ventilator.grant(100);
  const options = { key: { at: [0, 1, 2], values: ["a", "a", "b"] } };
  bed.submit("sink", 3, { batch: { options, values: encodeValues([1, 1, 2]) } });
  const [first, second] = bed.ventilators;
  if (first === undefined || second === undefined) throw new Error("there are two");
  return { bed, first, second };
};

test("only what was accepted is promised elsewhere: what was not is held to its keys there", () => {
  const { bed, first, second } = keyedAtFirst();
  first.say({ verb: "ACCEPTED", ids: idRun(origin, 1, 1) });
  first.say({ verb: "ACCEPTED", ids: idRun(origin, 3, 1) });
  first.isAlive = false;
  bed.advance(1_000);
  expect(second.heard("SUBMIT")).toEqual([
    "SUBMIT sink 1 again, promised",
    "SUBMIT sink 2 again",
    "SUBMIT sink 3 again, promised",
  ]);
});

test("what a full disk has refused is not promised, nor what another start of a ventilator is given again", () => {
  const { first, second } = keyedAtFirst();
  first.say({ verb: "REJECTED", ids: idRun(origin, 1, 3), code: "TQ_ERR_STORAGE_FULL", message: "full" });
  expect(second.heard("SUBMIT")).toEqual(["SUBMIT sink 1,2,3 again"]);

  const other = keyedAtFirst();
  other.first.heard();
  other.first.restart();
  other.bed.advance(1_000);
  other.first.grant(100);
  expect(other.first.heard("SUBMIT")).toEqual(["SUBMIT sink 1,2,3 again"]);
});

test("a conflict elsewhere is no refusal of what a lost ventilator may have taken", () => {
  const { bed, first, second } = keyedAtFirst();
  first.isAlive = false;
  bed.advance(1_000);
  const refused = { code: "TQ_ERR_IDEMPOTENCY_CONFLICT", message: "another input" };
  second.say({ verb: "REJECTED", ids: idRun(origin, 1, 2), ...refused });
  expect(bed.events.heard).toEqual(["rejected TQ_ERR_UNKNOWN_OUTCOME 1,2"]);
});
