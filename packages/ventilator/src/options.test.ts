import { expect, test } from "vitest";
import { checkOptions, limitsOf } from "./options.ts";

const workers = "tcp://127.0.0.1:*";

test("bounds are whole numbers from 1, and reach the core by their names", () => {
  const bounds = { unsettledTasksMax: 1, unsettledBytesMax: 2, deadLettersMax: 3, idempotencyKeysMax: 4 };
  expect(() => checkOptions({ workers, ...bounds })).not.toThrow();
  expect(limitsOf({ workers, ...bounds })).toEqual(bounds);
  expect(limitsOf({ workers })).toEqual({});
});

test.each(["unsettledTasksMax", "unsettledBytesMax", "deadLettersMax", "idempotencyKeysMax"])(
  "%s refuses what is no bound",
  (option) => {
    for (const value of [0, 1.5, -1, Number.NaN, "7"]) {
      expect(() => checkOptions({ workers, [option]: value as number })).toThrow(
        expect.objectContaining({ code: "TQ_ERR_INVALID_OPTION", message: expect.stringContaining(option) }),
      );
    }
  },
);
