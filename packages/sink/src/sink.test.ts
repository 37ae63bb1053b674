import { defineTask, type } from "@tq/common";
import { createMemoryHub } from "@tq/common/transport";
import { describe, expect, test } from "vitest";
import { log, origin, Stage } from "./scripted-peer.test-support.ts";
import { startSink } from "./sink.ts";

const double = defineTask({ name: "double", version: "v1", input: type<number>(), output: type<string>() });
const offered = { name: "double", contract: "v1" };
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("startSink", () => {
  test.each([
    [{ bind: "nonsense" }, "TQ_ERR_INVALID_ENDPOINT"],
    [{ bind: "memory:x", waitingResultsMax: 0 }, "TQ_ERR_INVALID_OPTION"],
    [{ bind: "memory:x", waitingBytesMax: 1.5 }, "TQ_ERR_INVALID_OPTION"],
    [{ bind: "memory:x", compression: true as never }, "TQ_ERR_INVALID_OPTION"],
    [{ bind: "tcp://0.0.0.0:*" }, "TQ_ERR_INSECURE_BIND"],
  ])("refuses %o", async (options, expected) => {
    const transport = createMemoryHub().transport();
    await expect(startSink({ ...options, log }, { transport })).rejects.toThrow(code(expected));
  });

  test("says that an address is taken, and leaves nothing behind", async () => {
    await using stage = await Stage.open();
    const transport = stage.hub.transport();
    const second = startSink({ bind: stage.sink.endpoint, log }, { transport });
    await expect(second).rejects.toThrow(code("TQ_ERR_ADDRESS_IN_USE"));
    await stage.sink.close();
    const third = await startSink({ bind: stage.sink.endpoint, log }, { transport });
    await third.close();
  });
});

describe("close", () => {
  test("ends loops, refuses new ones, and is harmless twice", async () => {
    await using stage = await Stage.open();
    const { sink } = stage;
    const loop = sink.results(double)[Symbol.asyncIterator]();
    const waiting = loop.next();
    await Promise.all([sink.close(), sink.close()]);
    await sink.closed;
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    expect(() => sink.results(double)).toThrow(code("TQ_ERR_CLOSED"));
    await sink.drain();
  });

  test("tells what loops have asked to commit, and leaves the rest to its workers", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    worker.results(1, ["a", "b", "c"]);
    for await (const result of stage.sink.results(double)) {
      if (result.taskId === `${origin}-2`) await stage.sink.close();
    }
    expect(await worker.hears(1)).toEqual([["completed", 1]]);
    expect(worker.unasked).toEqual([]);
  });
});

describe("drain", () => {
  test("lets loops take what is here, tells the workers, then ends the loops", async () => {
    await using stage = await Stage.open();
    const worker = await stage.worker(offered);
    const seen: string[] = [];
    const started = Promise.withResolvers<void>();
    const loop = (async () => {
      for await (const { taskId } of stage.sink.results(double)) {
        seen.push(taskId);
        started.resolve();
        await new Promise(setImmediate);
      }
    })();
    worker.results(1, ["a", "b", "c"]);
    await started.promise;
    await stage.sink.drain();
    await loop;
    expect(seen).toHaveLength(3);
    expect(await worker.hears(3)).toHaveLength(3);
  });

  test("gives up on a loop that never asks again when the time is over, and says what is left", async () => {
    const hub = createMemoryHub();
    const events: unknown[] = [];
    const sink = await startSink(
      { bind: "memory:*", log },
      { transport: hub.transport(), onEvent: (event) => events.push(event) },
    );
    await using stage = new Stage(hub, sink);
    const worker = await stage.worker(offered);
    worker.results(1, ["a", "b"]);
    await sink.results(double)[Symbol.asyncIterator]().next();
    await sink.drain({ timeoutMs: 1 });
    expect(events).toContainEqual(expect.objectContaining({ type: "results.left", count: 2 }));
  });
});

test("results() takes a definition, and nothing that only looks like one", async () => {
  await using stage = await Stage.open();
  expect(() => stage.sink.results({ ...double })).toThrow(code("TQ_ERR_INVALID_TASK"));
});
