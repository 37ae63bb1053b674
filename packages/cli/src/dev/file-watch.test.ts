import { beforeEach, expect, test } from "vitest";
import { FileWatch } from "./file-watch.ts";

/** The files that there are, by path. */
let files: Map<string, string>;
let told: (readonly string[])[];
let watch: FileWatch;
beforeEach(() => {
  files = new Map([
    ["a", "1"],
    ["b", "1"],
  ]);
  told = [];
  watch = new FileWatch({
    onChange: (paths) => told.push(paths),
    look: async (path) => files.get(path) ?? "missing",
  });
  watch.begin();
  for (const [path, state] of files) watch.add({ path, state });
  watch.end([]);
});

const look = async (times: number) => {
  for (let n = 0; n < times; n++) await watch.look();
};

test("a change is told once, when two looks have found it alike", async () => {
  await look(2);
  files.set("a", "2");
  await look(1);
  expect(told).toEqual([]);
  files.set("a", "3");
  await look(1);
  expect(told).toEqual([]);
  await look(3);
  expect(told).toEqual([["a"]]);
});

test("a file that vanishes for a moment, as in many a save, is told with what it became", async () => {
  files.delete("a");
  await look(1);
  files.set("a", "2");
  await look(2);
  expect(told).toEqual([["a"]]);
});

test("a change between the loading and the first look is told", async () => {
  watch.begin();
  watch.add({ path: "a", state: "as it was loaded" });
  await look(2);
  expect(told).toEqual([["a"]]);
});

test("two processes that loaded different states are told of, whatever is there now", async () => {
  watch.begin();
  watch.add({ path: "a", state: "1" });
  files.set("a", "2");
  watch.add({ path: "a", state: "2" });
  await look(2);
  expect(told).toEqual([["a"]]);
});

test("what a round did not load is watched until another one ends, and then no more", async () => {
  watch.begin();
  watch.add({ path: "b", state: "1" });
  files.set("a", "2");
  await look(2);
  expect(told).toEqual([["a"]]);
  watch.begin();
  watch.add({ path: "b", state: "1" });
  watch.end(["c"]);
  files.set("a", "3");
  await look(2);
  expect(told).toEqual([["a"]]);
});

test("a change while a file is loaded anew is told neither lost nor twice", async () => {
  files.set("a", "2");
  await look(1);
  // The next round loads it before it was told.
  watch.begin();
  watch.add({ path: "a", state: "2" });
  await look(3);
  expect(told).toEqual([]);
});

test("after its end it tells nothing", async () => {
  files.set("a", "2");
  await look(1);
  watch[Symbol.dispose]();
  await look(2);
  expect(told).toEqual([]);
});
