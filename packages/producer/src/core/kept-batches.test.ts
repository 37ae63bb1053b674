import { idRun, type SubmitBatch } from "@tq/common/protocol";
import { decodeValues, encodeValues, noOptions } from "@tq/common/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { KeptBatches } from "./kept-batches.ts";

const origin = "00000000000000a1";
const filler = "x".repeat(500);

/** Inputs are their seqs, so that a part can be told to carry the right ones. */
const batchOf = (first: number, count: number): SubmitBatch => ({
  definition: { name: "echo" },
  reply: "sink",
  ids: idRun(origin, first, count),
  options: noOptions,
  values: encodeValues(Array.from({ length: count }, (_, offset) => [first + offset, filler])),
});

const seqsIn = (batches: readonly SubmitBatch[]): number[] =>
  batches.flatMap(({ values }) => decodeValues(values).map((value) => (value as [number])[0]));

test("keeps just what was not released, whatever the order, and says it again with its own inputs", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ keep: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ release: fc.integer({ min: 1, max: 300 }), count: fc.integer({ min: 1, max: 60 }) }),
      fc.constant("again" as const),
      fc.record({ within: fc.integer({ min: 1, max: 300 }), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ keepBefore: fc.constant(true) }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (script) => {
      const meter = { bytes: 0 };
      const kept = new KeptBatches(meter);
      const model = new Set<number>();
      const run = (first: number, count: number) =>
        Array.from({ length: count }, (_, offset) => first + offset);
      // Handed on later than those after it: each may leave a gap before it, which is filled by another.
      const gaps: number[] = [];
      let next = 1;
      for (const step of script) {
        if (step === "again") {
          expect(seqsIn(kept.again())).toEqual([...model].sort((a, b) => a - b));
        } else if ("within" in step) {
          const found = kept.within(step.within, step.count);
          expect(seqsIn(found)).toEqual(run(step.within, step.count).filter((seq) => model.has(seq)));
        } else if ("keepBefore" in step) {
          const first = gaps.pop();
          if (first === undefined) {
            gaps.push(next);
            next += 5;
          } else {
            kept.keep(batchOf(first, 5));
            for (const seq of run(first, 5)) model.add(seq);
          }
        } else if ("keep" in step) {
          kept.keep(batchOf(next, step.keep));
          for (let seq = next; seq < next + step.keep; seq++) model.add(seq);
          next += step.keep;
        } else {
          const released: number[] = [];
          kept.release(step.release, step.count, (first, count) => {
            for (let seq = first; seq < first + count; seq++) released.push(seq);
          });
          const expected = Array.from({ length: step.count }, (_, offset) => step.release + offset);
          expect(released).toEqual(expected.filter((seq) => model.delete(seq)));
        }
        expect(kept.tasks).toBe(model.size);
        expect(meter.bytes > 0).toBe(model.size > 0);
      }
      const left = kept.again();
      expect(seqsIn(left)).toEqual([...model].sort((a, b) => a - b));
      // Said again, nothing is held beyond what is kept.
      expect(meter.bytes).toBe(left.reduce((bytes, { values }) => bytes + values.slab.length, 0));
    }),
    { seed: 7, numRuns: 100 },
  );
});

test("one task that is left does not keep the payloads of its batch in memory", () => {
  const kept = new KeptBatches();
  kept.keep(batchOf(1, 1_000));
  kept.release(1, 499);
  kept.release(501, 500);
  const [left] = kept.again();
  expect(left?.ids).toEqual(idRun(origin, 500, 1));
  expect(left?.values.slab.buffer.byteLength).toBeLessThan(10_000);
});

test("a split batch stays split", () => {
  const kept = new KeptBatches();
  kept.keep(batchOf(1, 10));
  const [whole] = kept.again();
  if (whole === undefined) throw new Error("nothing is kept");
  const [head, tail] = kept.split(whole, 4);
  expect([head.ids, tail.ids]).toEqual([idRun(origin, 1, 4), idRun(origin, 5, 6)]);
  expect(kept.again().map(({ ids }) => ids)).toEqual([idRun(origin, 1, 4), idRun(origin, 5, 6)]);
});
