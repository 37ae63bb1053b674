import fc from "fast-check";
import { expect, test } from "vitest";
import { SeqSet } from "./seq-set.ts";

const seqs = fc.integer({ min: 1, max: 40 });
const counts = fc.integer({ min: 1, max: 12 });
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("add" as const), first: seqs, count: counts }),
    fc.record({ do: fc.constant("delete" as const), first: seqs, count: counts }),
    fc.record({ do: fc.constant("deleteBelow" as const), first: seqs, count: counts }),
  ),
  { maxLength: 40 },
);

const apply = (
  set: SeqSet,
  model: Set<number>,
  step: { do: "add" | "delete" | "deleteBelow"; first: number; count: number },
): void => {
  const run = Array.from({ length: step.count }, (_, offset) => step.first + offset);
  switch (step.do) {
    case "add":
      expect(set.addRun(step.first, step.count)).toBe(run.filter((seq) => !model.has(seq)).length);
      for (const seq of run) model.add(seq);
      return;
    case "delete":
      expect(set.deleteRun(step.first, step.count)).toBe(run.filter((seq) => model.has(seq)).length);
      for (const seq of run) model.delete(seq);
      return;
    case "deleteBelow":
      set.deleteBelow(step.first);
      for (const seq of model) if (seq < step.first) model.delete(seq);
  }
};

test("holds what a plain set holds, in as few ranges as there are gaps", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const set = new SeqSet();
      const model = new Set<number>();
      for (const step of script) apply(set, model, step);
      const members = [...model].sort((left, right) => left - right);
      const found: number[] = [];
      set.forEachRange((first, count) => {
        for (let offset = 0; offset < count; offset++) found.push(first + offset);
      });
      expect(found).toEqual(members);
      expect(set.count).toBe(members.length);
      expect(set.rangeCount).toBe(members.filter((seq) => !model.has(seq - 1)).length);
      for (let seq = 1; seq <= 55; seq++) expect(set.has(seq)).toBe(model.has(seq));
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
