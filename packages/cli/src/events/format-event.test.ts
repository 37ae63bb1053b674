import type { TqEvent } from "@tq/events";
import { expect, test } from "vitest";
import { formatEvent } from "./format-event.ts";

const source = { role: "ventilator", name: "host:1", bootId: "00000000000000b1" } as const;
const failed: TqEvent = {
  type: "task.failed",
  task: "resize",
  taskId: "00000000000000aa-1",
  traceId: "00000000000000aa0000000000000001",
  attempt: 3,
  error: { name: "Error", message: "no\nroom" },
  at: 0,
  source,
};

test("JSON is the event as it is, on one line", () => {
  const line = formatEvent(failed, "json");
  expect(JSON.parse(line)).toEqual(failed);
  expect(line.indexOf("\n")).toBe(line.length - 1);
});

test("for people it is one line, too, whatever is in it", () => {
  const line = formatEvent(failed, "people");
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(line).toMatch(
    /^\S*\d\d:\d\d:\d\d\.\d{3}\S* \S*task\.failed\S* \S*ventilator host:1\S* task=resize taskId=/,
  );
  expect(line).toContain('error={"name":"Error","message":"no\\nroom"}');
});

test("a snapshot is told by its totals", () => {
  const totals = {
    ...{ workers: 2, producers: 0, sinks: 1, unsettled: 7, unsettledBytes: 70 },
    ...{ ready: 3, leased: 4, suspects: 0 },
  };
  const state = {
    role: "ventilator",
    workers: [],
    producers: [],
    sinks: [],
    definitions: [],
    pauses: [],
    totals,
  } as const;
  const line = formatEvent({ type: "snapshot", at: 0, source, state }, "people");
  expect(line).toContain("workers=2 producers=0 sinks=1 unsettled=7");
});

test("what a stranger may have put into an event cannot break a line of JSON", () => {
  const odd = { ...failed, attempt: 2n ** 70n, task: Number.NaN } as unknown as TqEvent;
  expect(JSON.parse(formatEvent(odd, "json"))).toMatchObject({
    attempt: "1180591620717411303424",
    task: "NaN",
  });
});

test("what a stranger calls itself does not steer the terminal of whoever looks", () => {
  const odd = { ...failed, task: "\u009b2J\u202e", source: { ...source, name: "a\n\u001b[2Jb" } };
  const line = formatEvent(odd, "people");
  expect(line).toContain("a\\u{a}\\u{1b}[2Jb");
  expect(line).toContain('task="\\u{9b}2J\\u{202e}"');
  expect(line.indexOf("\n")).toBe(line.length - 1);
});
