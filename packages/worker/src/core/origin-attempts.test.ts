import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Attempt } from "./attempt.ts";
import { OriginAttempts } from "./origin-attempts.ts";

const attemptOf = (seq: number): Attempt => {
  const attempt = new Attempt();
  attempt.seq = seq;
  return attempt;
};

describe("attempts by seq", () => {
  it("finds what a Map would find, after any additions and deletions", () => {
    // Few seqs, so that they meet; a stride, because that is how several workers share a range; and seqs beyond 32 bits.
    const seqs = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 20 }).map((step) => 1 + step * 4096),
      fc.integer({ min: 0, max: 20 }).map((step) => 2 ** 53 - 1 - step),
    );
    fc.assert(
      fc.property(fc.array(seqs, { maxLength: 200 }), (steps) => {
        const home = new OriginAttempts("00000000000000aa");
        const model = new Map<number, Attempt>();
        for (const seq of steps) {
          const known = model.get(seq);
          expect(home.find(seq)).toBe(known);
          if (known === undefined) {
            const attempt = attemptOf(seq);
            model.set(seq, attempt);
            home.add(attempt);
          } else {
            model.delete(seq);
            home.delete(known);
          }
        }
        expect(home.count).toBe(model.size);
        for (const [seq, attempt] of model) expect(home.find(seq)).toBe(attempt);
        const all = new Set<Attempt>();
        home.forEach((attempt) => void all.add(attempt));
        expect(all).toEqual(new Set(model.values()));
      }),
    );
  });

  it("leaves another attempt of the same seq alone", () => {
    const home = new OriginAttempts("00000000000000aa");
    const kept = attemptOf(7);
    home.add(kept);
    home.delete(attemptOf(7));
    expect(home.find(7)).toBe(kept);
  });
});
