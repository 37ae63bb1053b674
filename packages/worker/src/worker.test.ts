import { availableParallelism } from "node:os";
import { defineTask, type Handler, type HandlerContext, handler, isTqError, type } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import { createMemoryHub } from "@tq/common/transport";
import { decodeValues } from "@tq/common/wire";
import { afterEach, describe, expect, it } from "vitest";
import { FakeVentilator, ids } from "./fake-ventilator.test-support.ts";
import type { WorkerEvent } from "./log-event.ts";
import type { WorkerOptions } from "./options.ts";
import { startWorker } from "./worker.ts";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const squaring = handler(square, (n) => n * n);

const quiet = (): TqLogger => {
  const log = () => {};
  const logger = { trace: log, debug: log, info: log, warn: log, error: log, fatal: log };
  return { ...logger, child: () => quiet() } as unknown as TqLogger;
};

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A worker joined with a scripted ventilator, within this process. */
const setUp = async (handlers: readonly Handler[], refusal?: { code: string; message: string }) => {
  const hub = createMemoryHub();
  const ventilator = new FakeVentilator(hub.transport(), refusal);
  open.push(ventilator);
  await ventilator.bind("memory:*");
  const events: WorkerEvent[] = [];
  const worker = await startWorker(
    { ventilators: [ventilator.endpoint], handlers, log: quiet() },
    { transport: hub.transport(), onEvent: (event) => events.push(event) },
  );
  open.push({ [Symbol.asyncDispose]: () => worker.close() });
  if (refusal === undefined) await ventilator.joined.next();
  return { ventilator, worker, events, hub };
};

describe("a worker", () => {
  it("joins with its name, tasks and slots, and runs what it is leased", async () => {
    const { ventilator, worker } = await setUp([squaring]);
    ventilator.lease(ids(1, 2), [3, 4]);
    const outputs: unknown[] = [];
    // In one message, unless a slow machine ended the turn between them.
    while (outputs.length < 2) {
      const results = await ventilator.inbox.next();
      outputs.push(...(results.verb === "RESULTS" ? decodeValues(results.values) : []));
    }
    expect(outputs).toEqual([9, 16]);
    expect(worker.stats()).toMatchObject({ name: worker.name, completed: 2, slots: availableParallelism() });
  });

  it("drains: finishes what runs, waits for its commit, says good-bye, and frees everything", async () => {
    const gate = Promise.withResolvers<number>();
    const { ventilator, worker } = await setUp([handler(square, () => gate.promise)]);
    ventilator.lease(ids(1, 1), [3]);
    while (worker.stats().running === 0) await new Promise(setImmediate);
    let isDrained = false;
    const drained = worker.drain().then(() => {
      isDrained = true;
    });
    gate.resolve(1);
    expect(await ventilator.inbox.next()).toMatchObject({ verb: "RESULTS" });
    expect(isDrained).toBe(false);
    ventilator.commit(ids(1, 1));
    await drained;
    expect(await ventilator.ended.next()).toBe("bye");
    await worker.closed;
    await worker.close();
    await worker.drain();
  });

  it("aborts what is left when the time to drain is over, gives it back, and says what it was", async () => {
    const contexts: HandlerContext[] = [];
    const { ventilator, worker, events } = await setUp([
      handler(square, (_n, ctx) => {
        contexts.push(ctx);
        return new Promise(() => {});
      }),
    ]);
    ventilator.lease(ids(1, 1), [3]);
    while (contexts.length === 0) await new Promise(setImmediate);
    await worker.drain({ timeoutMs: 1 });
    expect(isTqError(contexts[0]?.signal.reason, "TQ_ERR_CLOSED")).toBe(true);
    expect(await ventilator.inbox.next()).toMatchObject({ verb: "RETURN", ids: ids(1, 1) });
    expect(events.at(-1)).toMatchObject({
      type: "attempts.left",
      count: 1,
      attempts: [{ taskId: "00000000000000aa-1", task: "square", state: "running" }],
    });
  });

  it("closes itself when its only ventilator refuses it, and says why", async () => {
    const refusal = {
      code: "TQ_ERR_WRONG_ENDPOINT",
      message: "workers go to memory:right",
      endpoint: "memory:right",
    };
    const { worker } = await setUp([squaring], refusal);
    const error = await worker.closed.catch((reason: unknown) => reason);
    expect(isTqError(error, "TQ_ERR_WRONG_ENDPOINT")).toBe(true);
    expect(error).toMatchObject({ message: refusal.message, details: { endpoint: "memory:right" } });
    await worker.close();
  });

  it("stays with the ventilators that take it when another refuses", async () => {
    const { ventilator, hub } = await setUp([squaring]);
    const refusing = new FakeVentilator(hub.transport(), { code: "TQ_ERR_WRONG_ENDPOINT", message: "no" });
    open.push(refusing);
    await refusing.bind("memory:*");
    const refused = Promise.withResolvers<void>();
    const worker = await startWorker(
      { ventilators: [ventilator.endpoint, refusing.endpoint], handlers: [squaring], log: quiet() },
      {
        transport: hub.transport(),
        onEvent: ({ type }) => {
          if (type === "ventilator.refused") refused.resolve();
        },
      },
    );
    await Promise.all([ventilator.joined.next(), refused.promise]);
    expect(worker.stats().ventilators.map(({ isJoined }) => isJoined)).toEqual([true, false]);
    await worker.close();
    await worker.closed;
  });
});

describe("options that cannot be meant", () => {
  const other = handler(defineTask({ name: "square", version: "2", input: type(), output: type() }), () => 1);
  const endpoint = "tcp://127.0.0.1:5557";
  const cases: [string, Partial<Record<keyof WorkerOptions, unknown>>, string][] = [
    ["no handlers", { handlers: [] }, "TQ_ERR_NO_HANDLER"],
    ["something that is no handler", { handlers: [squaring, { run: () => {} }] }, "TQ_ERR_INVALID_HANDLER"],
    [
      "two handlers for one task",
      { handlers: [squaring, handler(square, () => 1)] },
      "TQ_ERR_DUPLICATE_HANDLER",
    ],
    ["no ventilators", { ventilators: [] }, "TQ_ERR_INVALID_OPTION"],
    ["one ventilator twice", { ventilators: [endpoint, endpoint] }, "TQ_ERR_INVALID_OPTION"],
    ["an endpoint that is none", { ventilators: ["localhost:5557"] }, "TQ_ERR_INVALID_ENDPOINT"],
    ["an endpoint nobody can connect to", { ventilators: ["tcp://127.0.0.1:*"] }, "TQ_ERR_INVALID_ENDPOINT"],
    ["no slots", { concurrency: 0 }, "TQ_ERR_INVALID_OPTION"],
    ["half a slot", { concurrency: 1.5 }, "TQ_ERR_INVALID_OPTION"],
    ["an empty name", { name: "" }, "TQ_ERR_INVALID_OPTION"],
    ["a limit of nothing", { windowTasksMax: 0 }, "TQ_ERR_INVALID_OPTION"],
    ["a compression that is none", { compression: "best" }, "TQ_ERR_INVALID_OPTION"],
  ];

  it.each(cases)("%s", async (_what, wrong, code) => {
    const options = {
      ventilators: [endpoint],
      handlers: [squaring],
      log: quiet(),
      ...wrong,
    } as WorkerOptions;
    const error = await startWorker(options).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
  });

  it("do not include two versions of one task", async () => {
    const { worker } = await setUp([squaring, other]);
    expect(worker.stats().violations).toBe(0);
  });
});
