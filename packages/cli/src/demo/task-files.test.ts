import { expect, test } from "vitest";
import { TaskFiles } from "./task-files.ts";

const origin = "00000000000000aa";
const failure = (seq: number) => ({ taskId: `${origin}-${seq}`, traceId: "t", message: "gone" });
const paths = (...names: string[]) => names.map((name) => Buffer.from(name));

test("finds the file of a task over several submissions and ranges of ids", () => {
  const files = new TaskFiles();
  files.add(
    [
      { origin, first: 1, last: 2 },
      { origin, first: 9, last: 9 },
    ],
    paths("/a", "/b", "/c"),
  );
  files.add([{ origin, first: 10, last: 10 }], paths("/d"));
  expect([1, 2, 9, 10].map((seq) => files.describe(failure(seq)))).toEqual([
    "/a: gone (trace t)",
    "/b: gone (trace t)",
    "/c: gone (trace t)",
    "/d: gone (trace t)",
  ]);
});

test("names a task that it does not know by its id", () => {
  const files = new TaskFiles();
  files.add([{ origin, first: 1, last: 1 }], paths("/a"));
  expect(files.describe(failure(7))).toBe(`task ${origin}-7: gone (trace t)`);
});
