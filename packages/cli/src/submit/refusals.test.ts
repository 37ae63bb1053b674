import { TqError } from "@tq/common";
import { expect, test } from "vitest";
import { Refusals } from "./refusals.ts";

test("a file that is no NDJSON at all does not fill the screen", () => {
  const said: string[] = [];
  const refusals = new Refusals(({ message }) => said.push(message));
  for (let number = 1; number <= 1000; number++) {
    refusals.add(new TqError("TQ_ERR_INVALID_INPUT", "bad"), `line ${number}`);
  }
  expect(refusals.count).toBe(1000);
  expect(said).toHaveLength(21);
  expect(said.at(-2)).toBe("line 20: bad");
});

test("what is not about the input is thrown again", () => {
  const refusals = new Refusals(() => {});
  const error = new TqError("TQ_ERR_UNREACHABLE", "gone");
  expect(() => refusals.add(error)).toThrow(error);
});
