import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";

test("events run in order of time, and of scheduling where times are equal", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (instants) => {
      const clock = new VirtualClock();
      const ran: [at: number, order: number][] = [];
      instants.forEach((at, order) => {
        clock.schedule(at, () => {
          expect(clock.now()).toBe(at);
          ran.push([at, order]);
        });
      });
      while (clock.step());
      const expected = instants.map((at, order): [number, number] => [at, order]);
      expect(ran).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    }),
  );
});

test("an event scheduled for the past runs now, behind what is due now already", () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  clock.runUntil(100);
  clock.schedule(100, () => ran.push("due now"));
  clock.schedule(Number.NEGATIVE_INFINITY, () => ran.push(`late, at ${clock.now()}`));
  clock.runUntil(100);
  expect(ran).toEqual(["due now", "late, at 100"]);
});

test("runUntil runs what is due by then, also what that schedules, and nothing later", () => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  const beat = (): void => {
    ran.push(clock.now());
    clock.after(10, beat);
  };
  clock.after(10, beat);
  clock.runUntil(35);
  expect(ran).toEqual([10, 20, 30]);
  expect(clock.now()).toBe(35);
  expect(clock.nextAt).toBe(40);
});
