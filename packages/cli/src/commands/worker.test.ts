import { expect, test } from "vitest";
import { sortOperands } from "./worker.ts";

test("files behind the ventilators' endpoints are files", () => {
  expect(sortOperands(["a.ts"], ["tcp://127.0.0.1:5557", "b.ts", "c.mjs"])).toEqual({
    files: ["a.ts", "b.ts", "c.mjs"],
    ventilators: ["tcp://127.0.0.1:5557"],
  });
});

test("what looks like no file stays an endpoint, so that its mistake is told", () => {
  const ventilators = ["127.0.0.1:5557", "tcp://worker.ts:5557", "ipc:///run/x.ts"];
  expect(sortOperands([], ventilators)).toEqual({ files: [], ventilators });
});
