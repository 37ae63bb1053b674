import { expect, test } from "vitest";
import { Pauses } from "./pauses.ts";

test("the longest span without a result counts, but not while there was nothing to do", () => {
  const pauses = new Pauses(0);
  pauses.look(100, 1, true);
  pauses.look(400, 1, true);
  pauses.look(500, 2, true);
  expect(pauses.longestMs).toBe(400);
  pauses.look(5_000, 2, false);
  pauses.look(5_100, 3, true);
  expect(pauses.longestMs).toBe(400);
});
