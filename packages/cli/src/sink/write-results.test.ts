import type { Result } from "@tq/common";
import { expect, test } from "vitest";
import { writeResults } from "./write-results.ts";

const result = (seq: number): Result => ({
  taskId: `00000000000000aa-${seq}`,
  traceId: "t",
  task: "t",
  attempt: 1,
  outcome: "completed",
  output: seq,
  worker: "w",
  durationMs: 1,
});

test("asks for the next batch, which commits the one before, only when its lines are written", async () => {
  const events: string[] = [];
  async function* batches() {
    yield [result(1), result(2)];
    events.push("asked for the second");
    yield [result(3)];
    events.push("asked for the third");
  }
  const write = async (lines: string) => {
    await Promise.resolve();
    events.push(`wrote ${lines.split("\n").length - 1}`);
  };
  await writeResults(batches(), { write, [Symbol.asyncDispose]: async () => {} });
  expect(events).toEqual(["wrote 2", "asked for the second", "wrote 1", "asked for the third"]);
});

test("a failed write leaves the loop without asking for more", async () => {
  let isLeft = false;
  async function* batches() {
    try {
      yield [result(1)];
    } finally {
      isLeft = true;
    }
  }
  const write = () => Promise.reject(new Error("full"));
  await expect(writeResults(batches(), { write, [Symbol.asyncDispose]: async () => {} })).rejects.toThrow(
    "full",
  );
  expect(isLeft).toBe(true);
});
