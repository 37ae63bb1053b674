import { expect, test } from "vitest";
import { checkPeerName } from "./check-name.ts";

test("a name is a short text, or left out", () => {
  for (const name of [undefined, "a", "x".repeat(128)]) checkPeerName("startSink", name);
  for (const name of ["", "x".repeat(129), 7, null]) {
    expect(() => checkPeerName("startSink", name)).toThrow(
      "startSink: name: it must be a text of 1 to 128 characters",
    );
  }
});
