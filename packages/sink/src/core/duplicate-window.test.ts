import type { OutcomeStatus } from "@tq/common";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DuplicateWindow, type Standing } from "./duplicate-window.ts";

const origins = ["000000000000000a", "000000000000000b"] as const;
const outcomes = ["completed", "failed", "cancelled"] as const satisfies readonly OutcomeStatus[];

/** The same rules, id by id and without any cleverness. */
class Model {
  readonly #standing = new Map<string, Standing>();
  readonly #below = new Map<string, number>();
  readonly #closed = new Set<string>();

  standing(origin: string, seq: number): Standing {
    const standing = this.#standing.get(`${origin}-${seq}`) ?? "fresh";
    if (standing === "pending") return standing;
    if (this.#closed.has(origin) || seq < (this.#below.get(origin) ?? 1)) return "completed";
    return standing;
  }

  set(origin: string, seq: number, standing: Standing): void {
    this.#standing.set(`${origin}-${seq}`, standing);
  }

  raise(origin: string, below: number): void {
    this.#below.set(origin, Math.max(below, this.#below.get(origin) ?? 1));
  }

  close(origin: string): void {
    this.#closed.add(origin);
  }
}

type Move = { kind: "offer" | "commit" | "raise" | "close"; origin: string; first: number; count: number };

const move = fc.record({
  kind: fc.constantFrom("offer", "offer", "offer", "commit", "commit", "raise", "close"),
  origin: fc.constantFrom(...origins),
  first: fc.integer({ min: 1, max: 30 }),
  count: fc.integer({ min: 1, max: 6 }),
  outcome: fc.constantFrom(...outcomes),
  isRare: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
});

const seqs = ({ first, count }: Pick<Move, "first" | "count">): number[] =>
  Array.from({ length: count }, (_, offset) => first + offset);

describe("a duplicate window", () => {
  test("gives every offer the standing that a book of single ids gives, and so does a restored one", () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const window = new DuplicateWindow(100);
        const model = new Model();
        for (const { kind, origin, first, count, outcome, isRare } of moves) {
          const run = { origin, first, count };
          if (kind === "raise" && isRare) {
            window.raise(origin, first);
            model.raise(origin, first);
          } else if (kind === "close" && isRare) {
            window.close(origin);
            model.close(origin);
          } else if (kind === "offer") {
            const standings = seqs(run).map((seq) => model.standing(origin, seq));
            const isFresh = standings.every((standing) => standing === "fresh");
            expect(window.offerRun(run)).toBe(isFresh);
            if (!isFresh) expect(seqs(run).map((seq) => window.offer(origin, seq))).toEqual(standings);
            seqs(run).forEach((seq, index) => {
              if (standings[index] === "fresh") model.set(origin, seq, "pending");
            });
          } else if (kind === "commit") {
            for (const seq of seqs(run)) {
              if (model.standing(origin, seq) !== "pending") continue;
              window.commitRun({ origin, first: seq, count: 1 }, outcome);
              model.set(origin, seq, outcome);
            }
          }
        }
        const restored = new DuplicateWindow(100, window.snapshot());
        for (const origin of origins) {
          for (const seq of seqs({ first: 1, count: 36 })) {
            const standing = model.standing(origin, seq);
            if (standing !== "pending" && standing !== "fresh") {
              expect(restored.offer(origin, seq)).toBe(standing);
            }
            expect(window.offer(origin, seq)).toBe(standing);
          }
        }
      }),
      { numRuns: 500, seed: 20261121 },
    );
  });

  test("keeps one range for what is dense, and nothing below the mark or of closed origins", () => {
    const window = new DuplicateWindow(100);
    const [origin] = origins;
    for (let first = 1; first <= 9_001; first += 1000) {
      window.offerRun({ origin, first, count: 1000 });
      window.commitRun({ origin, first, count: 1000 }, first === 1 ? "failed" : "completed");
    }
    window.raise(origin, 5_001);
    expect(window.snapshot().origins).toEqual([
      { origin, below: 5_001, committed: [5_001, 5_000], others: [] },
    ]);
    window.close(origin);
    expect(window.snapshot()).toEqual({ origins: [], closed: [origin] });
  });

  test("stays small over ten million tasks of ten thousand producers that come and go", () => {
    const [producers, tasks, perBatch, alive, abreast] = [10_000, 1_000, 50, 20, 4];
    const window = new DuplicateWindow(100_000);
    let ranges = 0;
    let ids = 0;
    /** Batches of one producer end in another order than they were submitted; the mark follows the first that has not. */
    const step = (origin: string, round: number): void => {
      const turn = Math.floor(round / abreast) * abreast;
      const first = (turn + ((round * 7 + 3) % abreast)) * perBatch + 1;
      window.offerRun({ origin, first, count: perBatch });
      window.commitRun({ origin, first, count: perBatch }, round % 5 === 0 ? "failed" : "completed");
      ids += perBatch;
      if (round % abreast === abreast - 1) window.raise(origin, (turn + abreast) * perBatch + 1);
    };
    for (let cohort = 0; cohort < producers / alive; cohort++) {
      const origins = Array.from({ length: alive }, (_, index) =>
        (cohort * alive + index).toString(16).padStart(16, "0"),
      );
      for (let round = 0; round < tasks / perBatch; round++) {
        for (const origin of origins) step(origin, round);
        if (cohort % 100 > 0) continue;
        const kept = window.snapshot().origins;
        const others = kept.reduce((sum, origin) => sum + origin.others.length, 0);
        ranges = Math.max(
          ranges,
          others / perBatch + kept.reduce((sum, origin) => sum + origin.committed.length / 2, 0),
        );
      }
      for (const origin of origins) window.close(origin);
    }
    expect(ids).toBe(10_000_000);
    expect(ranges).toBeGreaterThan(0);
    expect(ranges).toBeLessThanOrEqual(alive * abreast * 2);
    expect(window.snapshot().origins).toEqual([]);
    expect(window.snapshot().closed).toHaveLength(producers);
  });

  test("forgets the origin that was closed first when there are too many", () => {
    const window = new DuplicateWindow(2);
    for (const origin of ["a", "b", "c"]) window.close(origin);
    expect(["a", "b", "c"].map((origin) => window.offer(origin, 1))).toEqual([
      "fresh",
      "completed",
      "completed",
    ]);
  });
});
