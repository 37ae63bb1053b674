import fc from "fast-check";
import { expect, test } from "vitest";
import { type Deadline, Deadlines } from "./deadlines.ts";

class Clock {
  now = 0;
  timers: { at: number; run: () => void }[] = [];
  readonly deadlines = new Deadlines(
    () => this.now,
    (delayMs, run) => {
      const timer = { at: this.now + delayMs, run };
      this.timers.push(timer);
      return () => {
        this.timers = this.timers.filter((other) => other !== timer);
      };
    },
  );

  advance(ms: number): void {
    for (let step = 0; step < ms; step++) {
      this.now += 1;
      for (const timer of this.timers.filter(({ at }) => at <= this.now)) {
        this.timers = this.timers.filter((other) => other !== timer);
        timer.run();
      }
    }
  }
}

test("every deadline expires once, never early and a few milliseconds late at most, unless it was removed", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ add: fc.integer({ min: 0, max: 60 }) }),
      fc.record({ remove: fc.nat(100) }),
      fc.record({ advance: fc.integer({ min: 1, max: 20 }) }),
    ),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(steps, (script) => {
      const clock = new Clock();
      const expired = new Map<Deadline, number>();
      const added: Deadline[] = [];
      const removed = new Set<Deadline>();
      for (const step of script) {
        if ("add" in step) {
          const deadline: Deadline = {
            heapIndex: -1,
            dueAt: clock.now + step.add,
            expire: (now) => {
              expect(expired.has(deadline)).toBe(false);
              expired.set(deadline, now);
            },
          };
          added.push(deadline);
          clock.deadlines.add(deadline);
        } else if ("remove" in step) {
          const deadline = added[step.remove % Math.max(1, added.length)];
          if (deadline === undefined) continue;
          if (!expired.has(deadline)) removed.add(deadline);
          clock.deadlines.remove(deadline);
        } else clock.advance(step.advance);
        expect(clock.timers.length).toBeLessThanOrEqual(1);
      }
      clock.advance(100);
      for (const deadline of added) {
        const at = expired.get(deadline);
        expect(at === undefined).toBe(removed.has(deadline));
        if (at === undefined) continue;
        expect(at).toBeGreaterThanOrEqual(deadline.dueAt);
        expect(at - deadline.dueAt).toBeLessThanOrEqual(6);
      }
      expect(clock.timers).toEqual([]);
    }),
    { seed: 3, numRuns: 300 },
  );
});
