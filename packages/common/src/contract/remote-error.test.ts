import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contractLimits } from "./limits.ts";
import { fromRemoteError, type RemoteError, toRemoteError } from "./remote-error.ts";

const depthOf = ({ cause }: RemoteError): number => 1 + (cause === undefined ? 0 : depthOf(cause));

test("keeps name, message, stack, code and causes, and gives them back as an error", () => {
  const root = Object.assign(new Error("no such file"), { code: "ENOENT" });
  const thrown = new TypeError("cannot count", { cause: root });
  const error = fromRemoteError(JSON.parse(JSON.stringify(toRemoteError(thrown))));
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.message, error.stack]).toEqual(["TypeError", "cannot count", thrown.stack]);
  expect(error.cause).toMatchObject({ message: "no such file", code: "ENOENT", stack: root.stack });
  expect(Object.keys(error)).toEqual([]);
});

test("an error without a stack gets no stack of this process", () => {
  expect(fromRemoteError({ name: "ValueError", message: "from elsewhere" }).stack).toBe(
    "ValueError: from elsewhere",
  );
});

test("a thrown value that is no error is described", () => {
  const thrown: [value: unknown, message: string][] = [
    ["boom", "boom"],
    [undefined, "undefined"],
    [null, "null"],
    [5n, "5n"],
    [Symbol("s"), "Symbol(s)"],
    [{ status: 404, big: 1n }, '{"status":404,"big":"1n"}'],
    [function fail() {}, "[function fail]"],
    [Array.from({ length: 2_000 }, () => 1), "[object Array]"],
  ];
  for (const [value, message] of thrown) expect(toRemoteError(value)).toEqual({ name: "NonError", message });
});

describe("never throws and stays plain data within its limits", () => {
  test("for any value, also as message, stack, code or cause", () => {
    const anything = fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true });
    const errorLike = fc.record({
      message: fc.oneof(fc.string({ unit: "binary" }), anything),
      name: anything,
      stack: anything,
      code: anything,
      cause: anything,
    });
    fc.assert(
      fc.property(fc.oneof(anything, errorLike), (thrown) => {
        const remote = toRemoteError(thrown);
        expect(JSON.parse(JSON.stringify(remote))).toEqual(remote);
        expect(remote.message.isWellFormed()).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("for objects that refuse to be read", () => {
    const refuse = () => {
      throw new Error("do not touch");
    };
    const traps = { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse };
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = [
      new Proxy(new Error("x"), traps),
      revoked,
      {
        get message() {
          return refuse();
        },
      },
    ];
    expect(hostile.map((thrown) => toRemoteError(thrown).name)).toEqual(["NonError", "NonError", "NonError"]);
    const half = Object.defineProperty(new Error("kept"), "stack", { get: refuse });
    expect(toRemoteError(Object.freeze(half))).toEqual({ name: "Error", message: "kept" });
  });

  test("for causes that form a circle", () => {
    const first: Error = new Error("first");
    first.cause = new Error("second", { cause: first });
    expect(depthOf(toRemoteError(first))).toBe(contractLimits.remoteErrorDepthMax);
  });

  test("for texts without end, and the frames of the stack stay", () => {
    const message = "😀".repeat(1_000_000);
    const remote = toRemoteError(new Error(message, { cause: "x".repeat(1_000_000) }));
    expect(remote.stack).toContain("remote-error.test.ts");
    expect(remote.message).toMatch(/… \[cut: 2000000 characters\]$/);
    expect(JSON.stringify(remote).length).toBeLessThan(
      2 * (contractLimits.remoteErrorMessageCharsMax + contractLimits.remoteErrorStackCharsMax),
    );
  });

  test("for half a character, brought along or made by the cut", () => {
    expect(toRemoteError(new Error("half \ud83d")).message).toBe("half \ufffd");
    const remote = toRemoteError(new Error(`x${"😀".repeat(contractLimits.remoteErrorMessageCharsMax)}`));
    expect(remote.message.isWellFormed() && remote.stack?.isWellFormed()).toBe(true);
  });
});

test("an aggregate error names its first error, since its own message may be empty", () => {
  const thrown = new AggregateError([new Error("connect ECONNREFUSED ::1:80"), new Error("other")], "");
  expect(toRemoteError(thrown).cause?.message).toBe("connect ECONNREFUSED ::1:80");
});
