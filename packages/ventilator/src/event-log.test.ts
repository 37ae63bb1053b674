import type { TqLogger } from "@tq/common/node";
import { expect, test } from "vitest";
import type { VentilatorEvent } from "./core/events.ts";
import { EventLog } from "./event-log.ts";

const retrying = (seq: number): VentilatorEvent => ({
  type: "task.retrying",
  task: "work",
  taskId: `0000000000000001-${seq}`,
  traceId: "00000000000000010000000000000001",
  attempt: 1,
  failures: 1,
  afterMs: 100,
  error: { name: "Error", message: "boom", stack: "Error: boom at …" },
  worker: "w",
});

const recorded = () => {
  const lines: { level: string; fields: Record<string, unknown> }[] = [];
  const write = (level: string) => (fields: Record<string, unknown>) => lines.push({ level, fields });
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  let now = 0;
  return {
    lines,
    log: new EventLog(log as unknown as TqLogger, () => now),
    pass: (spanMs: number) => {
      now += spanMs;
    },
  };
};

test("a thousand failures in a second are twenty lines, and the next line says how many were left out", () => {
  const { log, lines, pass } = recorded();
  for (let seq = 1; seq <= 1_000; seq++) log.write(retrying(seq));
  expect(lines).toHaveLength(20);
  pass(1_000);
  log.write(retrying(1_001));
  expect(lines[20]?.fields).toMatchObject({ taskId: "0000000000000001-1001", leftOut: 980 });
});

test("what is not about a single task is always written", () => {
  const { log, lines } = recorded();
  for (let seq = 1; seq <= 100; seq++) log.write(retrying(seq));
  log.write({ type: "worker.unblocked", worker: "w" });
  expect(lines.at(-1)?.fields).toEqual({ event: "worker.unblocked", worker: "w" });
});

test("a failure is written with its trace id and without the stack, which the worker has logged", () => {
  const { log, lines } = recorded();
  log.write(retrying(1));
  expect(lines[0]?.fields).toMatchObject({
    traceId: "00000000000000010000000000000001",
    error: { name: "Error", message: "boom" },
  });
  expect(lines[0]?.fields.error).not.toHaveProperty("stack");
});

test("an end that was asked for is written for debugging only", () => {
  const { log, lines } = recorded();
  const traceId = "00000000000000010000000000000001";
  const reference = { task: "work", taskId: "0000000000000001-1", traceId, attempt: 0 };
  log.write({ type: "task.settling", outcome: "cancelled", error: undefined, ...reference });
  expect(lines[0]?.level).toBe("debug");
});
