import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineTask, type Result, type } from "@tq/common";
import { StorageFaults } from "@tq/common/sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Stage } from "./scripted-peer.test-support.ts";
import type { Results } from "./sink-interface.ts";

// Each test starts threads, which on a busy machine takes seconds.
vi.setConfig({ testTimeout: 30_000 });

const double = defineTask({ name: "double", version: "v1", input: type<number>(), output: type<string>() });
const offered = { name: "double", contract: "v1" };
const others = { name: "other" };
const code = (expected: string) => expect.objectContaining({ code: expected });

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-sink-"));
  file = join(folder, "results.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const outputOf = (result: Result): unknown => ("output" in result ? result.output : result.outcome);

/** The next outputs of a loop, which is left then. The last one is not done with: the loop did not ask for the next. */
async function take(results: Results<unknown>, count: number): Promise<unknown[]> {
  const outputs: unknown[] = [];
  for await (const result of results) {
    outputs.push(outputOf(result));
    if (outputs.length === count) break;
  }
  return outputs;
}

describe("with a store", () => {
  test("a result is committed without any loop, and a loop that comes later gets it", async () => {
    await using stage = await Stage.open({ file });
    const worker = await stage.worker(offered);
    worker.results(1, ["a", "b"]);
    expect(await worker.hears(2)).toEqual([
      ["completed", 1],
      ["completed", 2],
    ]);
    const [first] = await stage.sink
      .results(double)
      .batches()
      [Symbol.asyncIterator]()
      .next()
      .then(({ value = [] }) => value);
    expect(first).toMatchObject({
      outcome: "completed",
      output: "a",
      worker: "worker",
      durationMs: 1.5,
      attempt: 1,
    });
    expect(stage.sink.stats()).toMatchObject({ committed: { completed: 2 } });
  });

  test("a loop that waits gets what comes", async () => {
    await using stage = await Stage.open({ file });
    const taken = take(stage.sink.results(double), 3);
    const worker = await stage.worker(offered);
    worker.results(1, ["a"]);
    await worker.hears(1);
    worker.results(2, ["b", "c"]);
    expect(await taken).toEqual(["a", "b", "c"]);
  });

  test("a consumer goes on after a restart where its loop was; another one begins at the beginning", async () => {
    {
      await using stage = await Stage.open({ file });
      const worker = await stage.worker(offered);
      worker.results(1, ["a", "b", "c", "d"]);
      expect(await take(stage.sink.results(double), 3)).toEqual(["a", "b", "c"]);
    }
    await using stage = await Stage.open({ file });
    expect(await take(stage.sink.results(double), 2)).toEqual(["c", "d"]);
    expect(await take(stage.sink.results(double, { consumer: "other" }), 4)).toEqual(["a", "b", "c", "d"]);
  });

  test("what was committed before a restart is known after it, and not stored again", async () => {
    {
      await using stage = await Stage.open({ file });
      const worker = await stage.worker(offered);
      worker.results(1, ["a", "b"]);
      await worker.hears(2);
    }
    await using stage = await Stage.open({ file });
    const worker = await stage.worker(offered);
    worker.results(1, ["again", "again", "c"]);
    expect((await worker.hears(3)).map(([, seq]) => seq).sort()).toEqual([1, 2, 3]);
    expect(stage.sink.stats()).toMatchObject({ duplicates: 2, committed: { completed: 1 } });
    expect(await take(stage.sink.results(double), 3)).toEqual(["a", "b", "c"]);
  });

  test("each result is one loop's of a consumer, also of a loop over a definition that starts later", async () => {
    await using stage = await Stage.open({ file });
    const worker = await stage.worker(offered, others);
    worker.results(1, ["a", "b"], 0);
    worker.results(11, ["x"], 1);
    await worker.hears(3);
    const rest = stage.sink.results()[Symbol.asyncIterator]();
    expect((await rest.next()).value).toMatchObject({ output: "a" });
    expect((await rest.next()).value).toMatchObject({ output: "b" });
    expect((await rest.next()).value).toMatchObject({ output: "x" });
    const own = stage.sink.results(double)[Symbol.asyncIterator]();
    const next = own.next();
    worker.results(21, ["c"], 0);
    worker.results(31, ["y"], 1);
    expect((await next).value).toMatchObject({ output: "c" });
    expect((await rest.next()).value).toMatchObject({ output: "y" });
    expect(() => stage.sink.results(double)[Symbol.asyncIterator]()).toThrow(code("TQ_ERR_RESULTS_IN_USE"));
  });

  test("what a loop over all had in hand is gone on with by the definition's own when it is left in the middle", async () => {
    await using stage = await Stage.open({ file });
    const worker = await stage.worker(offered);
    worker.results(1, ["a", "b", "c"]);
    await worker.hears(3);
    const rest = stage.sink.results()[Symbol.asyncIterator]();
    expect((await rest.next()).value).toMatchObject({ output: "a" });
    expect((await rest.next()).value).toMatchObject({ output: "b" });
    const own = take(stage.sink.results(double), 2);
    await rest.return?.();
    expect(await own).toEqual(["b", "c"]);
  });

  test("what a loop over all has in hand is its own to the end", async () => {
    await using stage = await Stage.open({ file });
    const worker = await stage.worker(offered, others);
    worker.results(1, ["a", "b"]);
    await worker.hears(2);
    const rest = stage.sink.results()[Symbol.asyncIterator]();
    expect((await rest.next()).value).toMatchObject({ output: "a" });
    const own = take(stage.sink.results(double), 1);
    expect((await rest.next()).value).toMatchObject({ output: "b" });
    const next = rest.next();
    worker.results(3, ["c"]);
    expect(await own).toEqual(["c"]);
    worker.results(11, ["x"], 1);
    expect((await next).value).toMatchObject({ output: "x" });
  });

  test("a definition that had a loop is left to it, also while none runs", async () => {
    await using stage = await Stage.open({ file });
    const worker = await stage.worker(offered, others);
    worker.results(1, ["a"], 0);
    expect(await take(stage.sink.results(double), 1)).toEqual(["a"]);
    worker.results(2, ["b"], 0);
    worker.results(11, ["x"], 1);
    await worker.hears(3);
    expect(await take(stage.sink.results(), 1)).toEqual(["x"]);
    expect(await take(stage.sink.results(double), 2)).toEqual(["a", "b"]);
  });

  test("a cursor gives back its note, and what came after it, after a restart", async () => {
    {
      await using stage = await Stage.open({ file });
      const worker = await stage.worker(offered);
      worker.results(1, ["a", "b"]);
      await worker.hears(2);
      const cursor = stage.sink.cursor("file");
      expect(cursor.note).toBeUndefined();
      expect((await cursor.next())?.map(outputOf)).toEqual(["a", "b"]);
      cursor.move(17);
      await cursor.saved();
      worker.results(3, ["c"]);
      expect((await cursor.next())?.map(outputOf)).toEqual(["c"]);
    }
    await using stage = await Stage.open({ file });
    const cursor = stage.sink.cursor("file");
    expect(cursor.note).toBe(17);
    expect((await cursor.next())?.map(outputOf)).toEqual(["c"]);
    const none = cursor.next();
    await stage.sink.close();
    expect(await none).toBeUndefined();
  });

  test("a cursor keeps its note while it passes over what a loop of its consumer has", async () => {
    {
      await using stage = await Stage.open({ file });
      const worker = await stage.worker(offered, others);
      stage.sink.results(double, { consumer: "file" })[Symbol.asyncIterator]();
      const cursor = stage.sink.cursor("file");
      cursor.save(17);
      worker.results(1, ["a"], 0);
      await worker.hears(1);
      const next = cursor.next();
      await new Promise(setImmediate);
      worker.results(11, ["x"], 1);
      expect((await next)?.map(outputOf)).toEqual(["x"]);
    }
    await using stage = await Stage.open({ file });
    expect(stage.sink.cursor("file").note).toBe(17);
  });

  test("draining lets the loops take what is in the store", async () => {
    await using stage = await Stage.open({ file });
    const worker = await stage.worker(offered);
    worker.results(1, ["a", "b", "c"]);
    await worker.hears(3);
    const seen: unknown[] = [];
    const loop = (async () => {
      for await (const result of stage.sink.results(double)) {
        seen.push(outputOf(result));
        await new Promise(setImmediate);
      }
    })();
    await stage.sink.drain();
    await loop;
    expect(seen).toEqual(["a", "b", "c"]);
  });

  test("large binaries come out as they went in, beside the values of others", async () => {
    await using stage = await Stage.open({ file });
    const frames = [Buffer.alloc(40_000, 1), Buffer.alloc(50_000, 2)];
    const worker = await stage.worker(offered);
    worker.results(1, ["small", { frames }, { frames: [frames[1]] }]);
    await worker.hears(3);
    expect(await take(stage.sink.results(), 3)).toEqual(["small", { frames }, { frames: [frames[1]] }]);
  });
});

describe("a store that cannot go on", () => {
  test("closes the sink with its error, and its workers keep what was not written", async () => {
    const faults = new StorageFaults();
    await using stage = await Stage.open({ file }, faults);
    const worker = await stage.worker(offered);
    faults.fault = "failed-sync";
    worker.results(1, ["a"]);
    await expect(stage.sink.closed).rejects.toThrow(code("TQ_ERR_STORAGE_FAILED"));
    await expect(stage.sink.close()).rejects.toThrow(code("TQ_ERR_STORAGE_FAILED"));
    expect(worker.unasked).toEqual([]);
  });

  test("for want of room goes on when there is some, and commits once", async () => {
    const faults = new StorageFaults();
    await using stage = await Stage.open({ file }, faults);
    const worker = await stage.worker(offered);
    faults.fault = "full";
    worker.results(1, ["a", "b"]);
    const before = faults.commits;
    await vi.waitFor(() => expect(faults.commits).toBeGreaterThan(before + 1), { timeout: 10_000 });
    expect(worker.unasked).toEqual([]);
    faults.fault = "none";
    expect(await worker.hears(2)).toHaveLength(2);
    expect(await take(stage.sink.results(), 2)).toEqual(["a", "b"]);
  });

  test("because another sink has it says so", async () => {
    await using stage = await Stage.open({ file });
    await expect(Stage.open({ file })).rejects.toThrow(code("TQ_ERR_STORAGE_LOCKED"));
    expect(stage.sink.id).toMatch(/^[0-9a-f]{16}$/);
  });
});

test("without a store nobody has a place of his own in it", async () => {
  await using stage = await Stage.open();
  expect(() => stage.sink.results(double, { consumer: "mine" })).toThrow(code("TQ_ERR_INVALID_OPTION"));
  expect(() => stage.sink.cursor("mine")).toThrow(code("TQ_ERR_INVALID_OPTION"));
});

test.each([
  [{ file: "" }],
  [{ file: 3 as never }],
  [{ file: "x.db", keepForMs: 999 }],
  [{ file: "x.db", size: 3 } as never],
])("refuses the store %o", async (store) => {
  await expect(Stage.open(store)).rejects.toThrow(code("TQ_ERR_INVALID_OPTION"));
});
