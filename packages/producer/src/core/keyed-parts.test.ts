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
