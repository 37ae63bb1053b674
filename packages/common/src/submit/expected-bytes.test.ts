import { describe, expect, it } from "vitest";
import { ExpectedBytes } from "./expected-bytes.ts";
import { submitLimits } from "./limits.ts";

const { inFlightBytesMax } = submitLimits;

describe("what a map expects to hold", () => {
  it("is nothing before anything was seen, and never forbids the only task", () => {
    const expected = new ExpectedBytes();
    expect(expected.allows(submitLimits.inFlightMax)).toBe(true);
    expected.saw(10 * inFlightBytesMax);
    expect([expected.allows(0), expected.allows(1)]).toEqual([true, false]);
  });

  it("bounds how many are in flight by the size that was seen", () => {
    const expected = new ExpectedBytes();
    expected.saw(inFlightBytesMax / 10);
    expect([expected.allows(9), expected.allows(10)]).toEqual([true, false]);
  });

  it("forgets one large output among many small ones", () => {
    const expected = new ExpectedBytes();
    expected.saw(100);
    expected.saw(inFlightBytesMax / 4);
    expect(expected.allows(1024)).toBe(false);
    for (let sight = 0; sight < 60; sight++) expected.saw(100);
    expect(expected.allows(1024)).toBe(true);
  });
});
