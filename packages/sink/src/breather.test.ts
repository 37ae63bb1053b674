import { expect, test } from "vitest";
import { Breather } from "./breather.ts";

/** How many results are handed over in one turn, and how often the clock is read, if each takes so long. */
const turn = (breather: Breather, pass: () => void): number => {
  let results = 0;
  while (breather.mayGoOn()) {
    results += 1;
    pass();
    if (results === 1_000_000) break;
  }
  return results;
};

test("a turn is about ten milliseconds, whatever one result takes", () => {
  let now = 0;
  const breather = new Breather(() => now);
  for (const resultMs of [0.01, 0.5, 2, 0.001]) {
    turn(breather, () => {
      now += resultMs;
    });
    breather.turned();
    const began = now;
    turn(breather, () => {
      now += resultMs;
    });
    breather.turned();
    expect(now - began).toBeGreaterThanOrEqual(10);
    expect(now - began).toBeLessThan(12);
  }
});

test("one result per turn passes when each takes longer than a turn", () => {
  let now = 0;
  const breather = new Breather(() => now);
  const pass = () => {
    now += 50;
  };
  turn(breather, pass);
  breather.turned();
  expect(turn(breather, pass)).toBe(1);
});

test("the clock is read rarely when results are quick", () => {
  let now = 0;
  let reads = 0;
  const breather = new Breather(() => {
    reads += 1;
    return now;
  });
  const results = turn(breather, () => {
    now += 0.001;
  });
  expect(reads).toBeLessThan(results / 20);
});
