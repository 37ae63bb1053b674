import { expect, test } from "vitest";
import { checkKnownOptions } from "./check-known-options.ts";

const check = (options: unknown) => () =>
  checkKnownOptions("startThing", options, { bind: true, name: true });

test("names the option that is not known, and those that are", () => {
  const details = { option: "bnid" };
  expect(check({ bnid: 1 })).toThrow(expect.objectContaining({ code: "TQ_ERR_INVALID_OPTION", details }));
  expect(check({ bnid: 1 })).toThrow('startThing: unknown option "bnid"; known are bind, name');
});

test("refuses what is no object of options", () => {
  for (const options of [undefined, null, "tcp://127.0.0.1:1"]) {
    expect(check(options)).toThrow("startThing takes an object of options; known are bind, name");
  }
});

test("lets known options pass, also those that every object has by inheritance only as own", () => {
  expect(check({ bind: 1 })).not.toThrow();
  expect(check({ toString: 1 })).toThrow('"toString"');
});
