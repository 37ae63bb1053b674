import { Command } from "commander";
import { expect, test } from "vitest";
import { flag, option, readCount, readDuration, readEndpoints, readKeepFor, readTags } from "./options.ts";

test.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
])("%s is %i ms", (text, ms) => {
  expect(readDuration(text)).toBe(ms);
});

test.each(["30", "", "s", "-1s", "1d", "0s", "1e3s", "600h", "5 s"])('"%s" is no duration', (text) => {
  expect(() => readDuration(text)).toThrow(/such as 500ms/);
});

test.each([
  ["30s", 30_000],
  ["12h", 43_200_000],
  ["30d", 2_592_000_000],
])("to keep for %s is %i ms", (text, ms) => {
  expect(readKeepFor(text)).toBe(ms);
});

test.each(["30", "", "0.5s", "-1d", "4000d", "1y"])('nobody keeps for "%s"', (text) => {
  expect(() => readKeepFor(text)).toThrow(/such as 30s, 12h or 30d/);
});

test.each(["0", "9", "1.5", "-1", "x", "", "0x2", "1e0"])("%s is no whole number from 1 to 8", (text) => {
  expect(() => readCount(1, 8)(text)).toThrow(/from 1 to 8/);
});

test("endpoints add up, by white space and by commas before another", () => {
  const first = readEndpoints("tcp://a:1,tcp://b:2 ipc:///x,y");
  expect(readEndpoints("tcp://c:3", first)).toEqual(["tcp://a:1", "tcp://b:2", "ipc:///x,y", "tcp://c:3"]);
});

test.each([
  [undefined, [], false],
  ["1", [], true],
  ["true", [], true],
  ["0", [], false],
  ["false", [], false],
  ["", [], false],
  ["0", ["--insecure"], true],
])("a switch with the environment at %s and %j is %j", (value, words, expected) => {
  const command = new Command().addOption(flag("--insecure", "", { TQ_INSECURE: value }));
  command.parse(words, { from: "user" });
  expect(command.opts().insecure).toBe(expected);
});

test("a switch with an odd value in the environment is refused, not taken for on", () => {
  expect(() => flag("--insecure", "", { TQ_INSECURE: "maybe" })).toThrow(/TQ_INSECURE must be 1 or 0/);
});

test("an option is named in the environment after its flag", () => {
  expect(option("--log-level <level>", "").envVar).toBe("TQ_LOG_LEVEL");
});

test("tags are words with commas between; an empty one is a slip", () => {
  expect(readTags("gpu, big")).toEqual(["gpu", "big"]);
  for (const text of ["", "gpu,", "x".repeat(129), `${"a,".repeat(64)}a`]) {
    expect(() => readTags(text)).toThrow(/such as gpu,big/);
  }
});
