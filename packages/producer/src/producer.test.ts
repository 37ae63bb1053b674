import { defineTask, type } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import { type ServerSession, SessionServer, type Timing } from "@tq/common/protocol";
import { type Core, createDriver, createMemoryHub, type From, type MemoryHub } from "@tq/common/transport";
import { decodeValues, encodeValues, type IdRuns, type Message, type Submit } from "@tq/common/wire";
import { afterEach, describe, expect, test } from "vitest";
import { startProducer } from "./index.ts";

const double = defineTask({ name: "double", input: type<number>(), output: type<number>() });
const timing: Timing = { heartbeatMs: 20, liveness: 3, helloRetryMs: 2, unreachableAfterMs: 50 };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const lines: object[] = [];
const keep = (line: unknown): void => void lines.push(line as object);
const log = {
  trace: keep,
  debug: keep,
  info: keep,
  warn: keep,
  error: keep,
  fatal: keep,
} as unknown as TqLogger;

/** Accepts everything; doubles what is to be answered, unless it is told to keep it. */
class DoublingVentilator implements Core {
  answers = true;
  /** Another start has no journal, unless the test says so. */
  onReclaim: (now: number, session: ServerSession, ids: IdRuns) => void = (now, session, ids) =>
    session.send(now, { verb: "RECLAIMED", ended: { origins: [], runs: [] }, unknown: ids });
  readonly #server: SessionServer;

  constructor(send: (route: string, message: Message) => void, boot: string) {
    this.#server = new SessionServer({
      identity: { bootId: boot, name: "v", epoch: 1 },
      timing,
      firstSession: Number.parseInt(boot.slice(-2), 16) * 1_000,
      roles: ["producer"],
      transmit: (route, message) => send(route, message),
      handler: {
        admit: ({ name }) =>
          name === "unwanted"
            ? { code: "TQ_ERR_WRONG_ENDPOINT", message: "for workers", endpoint: "memory:right" }
            : undefined,
        welcome: () => ({ sinks: [] }),
        opened: (_now, session) =>
          session.sendUnnumbered({ verb: "GRANT", grants: [0, 100_000, 100_000_000] }),
        received: (now, session, message) => {
          if (message.verb === "SUBMIT") this.#submitted(now, session, message);
          if (message.verb === "RECLAIM") this.onReclaim(now, session, message.ids);
        },
        ended: () => {},
        heartbeatState: () => ({}),
      },
    });
  }

  receive(now: number, from: From, message: Message): void {
    this.#server.receive(now, from.route ?? "", message);
  }
  violation(): void {}
  flush(): void {
    this.#server.flush();
  }
  wake(now: number, lateMs: number): void {
    this.#server.wake(now, lateMs);
  }
  wakeAt(): number {
    return this.#server.wakeAt();
  }

  #submitted(now: number, session: ServerSession, { ids, reply, values }: Submit): void {
    session.send(now, { verb: "ACCEPTED", ids });
    if (reply === "sink" || !this.answers) return;
    const outputs = decodeValues(values).map((input) => (input as number) * 2);
    session.send(now, { verb: "ANSWER", outcome: "completed", ids, values: encodeValues(outputs) });
  }
}

async function startVentilator(hub: MemoryHub, boot = "00000000000000c1"): Promise<DoublingVentilator> {
  let core: DoublingVentilator | undefined;
  const driver = createDriver({
    transport: hub.transport(),
    core: (own) => {
      core = new DoublingVentilator((route, message) => own.send("producers", route, message), boot);
      return core;
    },
  });
  await driver.bind("producers", "memory:producers");
  closing.push(() => driver.close());
  if (core === undefined) throw new Error("a driver makes its core at once");
  return core;
}

async function start(
  hub: MemoryHub,
  options: { name?: string; timeoutMs?: number; connectTimeoutMs?: number } = {},
) {
  const producer = await startProducer(
    { ventilators: ["memory:producers"], log, ...options },
    { transport: hub.transport(), timing },
  );
  closing.push(() => producer.close());
  return producer;
}

test("submits, runs and maps through a ventilator elsewhere", async () => {
  const hub = createMemoryHub();
  await startVentilator(hub);
  const producer = await start(hub);
  expect(producer.connected).toBe(true);
  await expect(producer.run(double, 21)).resolves.toBe(42);
  await expect(producer.submit(double, 1)).resolves.toMatchObject({ taskId: expect.stringMatching(/-1$/) });
  await expect(producer.submitMany(double, [1, 2, 3])).resolves.toMatchObject({ accepted: 3 });
  const outputs: number[] = [];
  for await (const output of producer.map(double, [1, 2, 3])) outputs.push(output);
  expect(outputs).toEqual([2, 4, 6]);
  expect(producer.stats()).toMatchObject({
    accepted: 4,
    answered: 4,
    unanswered: 0,
    ventilators: [{ endpoint: "memory:producers", name: "v", state: "open", unsettled: 4 }],
  });
});

describe("startProducer", () => {
  test("throws when nobody is there within the time allowed, and names whom it asked", async () => {
    await expect(start(createMemoryHub(), { timeoutMs: 30 })).rejects.toMatchObject({
      code: "TQ_ERR_UNREACHABLE",
      message: "no ventilator answered at memory:producers within 30 ms",
    });
  });

  test("gives up the search at the start sooner than a ventilator that was there once", async () => {
    const hub = createMemoryHub();
    const options = { timeoutMs: 60_000, connectTimeoutMs: 30 };
    await expect(start(hub, options)).rejects.toMatchObject({
      code: "TQ_ERR_UNREACHABLE",
      message: "no ventilator answered at memory:producers within 30 ms",
    });
    const first = await startVentilator(hub);
    first.answers = false;
    const producer = await start(hub, options);
    const output = producer.run(double, 4);
    await closing.shift()?.();
    await expect.poll(() => producer.connected).toBe(false);
    await startVentilator(hub, "00000000000000c2");
    await expect(output).resolves.toBe(8);
  });

  test("throws when the endpoint is for others, and names the right one", async () => {
    const hub = createMemoryHub();
    await startVentilator(hub);
    await expect(start(hub, { name: "unwanted" })).rejects.toMatchObject({
      code: "TQ_ERR_WRONG_ENDPOINT",
      message: expect.stringContaining("memory:right"),
      details: { rightEndpoint: "memory:right" },
    });
  });

  test("resolves with the first of several ventilators", async () => {
    const hub = createMemoryHub();
    await startVentilator(hub);
    const producer = await startProducer(
      { ventilators: ["memory:nobody", "memory:producers"], log, timeoutMs: 60_000 },
      { transport: hub.transport(), timing },
    );
    closing.push(() => producer.close());
    await expect(producer.run(double, 2)).resolves.toBe(4);
  });

  test.each([
    [{ ventilators: [] }, "TQ_ERR_INVALID_OPTION"],
    [{ ventilators: "tcp://a:1" }, "TQ_ERR_INVALID_OPTION"],
    [{ ventilators: ["a"] }, "TQ_ERR_INVALID_ENDPOINT"],
    [{ ventilators: ["tcp://a:1"], timeout: 5 }, "TQ_ERR_INVALID_OPTION"],
    [{ ventilators: ["tcp://a:1"], timeoutMs: 0 }, "TQ_ERR_INVALID_OPTION"],
    [{ ventilators: ["tcp://a:1"], connectTimeoutMs: 2 ** 31 }, "TQ_ERR_INVALID_OPTION"],
    [{ ventilators: ["tcp://a:1"], compression: "lz4" }, "TQ_ERR_INVALID_OPTION"],
    [{ ventilators: ["tcp://a:1"], keptBytesMax: 0 }, "TQ_ERR_INVALID_OPTION"],
    [{ ventilators: ["tcp://a:1"], payloadBytesMax: 64 * 1024 * 1024 + 1 }, "TQ_ERR_INVALID_OPTION"],
  ])("refuses %j", async (options, code) => {
    await expect(startProducer(options as never)).rejects.toMatchObject({ code });
  });
});

test("drain waits for answers, and says by id what is left when its time is over", async () => {
  const hub = createMemoryHub();
  const ventilator = await startVentilator(hub);
  const producer = await start(hub);
  await producer.run(double, 1);
  ventilator.answers = false;
  const kept = producer.run(double, 2);
  kept.catch(() => {});
  lines.length = 0;
  await producer.drain({ timeoutMs: 10 });
  expect(lines).toMatchObject([
    {
      event: "drain.left",
      count: 1,
      tasks: [{ taskId: expect.stringMatching(/-2$/), traceId: expect.any(String) }],
    },
  ]);
  await expect(producer.submit(double, 3)).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
  await producer.close();
  await expect(kept).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
  await producer.close();
  await producer.drain();
  await expect(producer.dead.list()).rejects.toMatchObject({ code: "TQ_ERR_CLOSED" });
});

test("a ventilator that goes away and comes back as another start is given again what it has forgotten", async () => {
  const hub = createMemoryHub();
  const first = await startVentilator(hub);
  first.answers = false;
  const producer = await start(hub, { timeoutMs: 60_000 });
  const output = producer.run(double, 4);
  await expect(producer.submit(double, 1)).resolves.toBeDefined();
  await closing.shift()?.();
  await startVentilator(hub, "00000000000000c2");
  await expect(output).resolves.toBe(8);
  await expect
    .poll(() => lines)
    .toContainEqual(expect.objectContaining({ event: "tasks.reclaimed", kept: 0, resubmitted: 1 }));
  await producer.drain();
  expect(producer.stats()).toMatchObject({ keptBytes: 1, ventilators: [{ unaccepted: 0, unsettled: 1 }] });
});

test("a ventilator that stays away ends the calls that wait for it, and new ones at once", async () => {
  const hub = createMemoryHub();
  const ventilator = await startVentilator(hub);
  ventilator.answers = false;
  const producer = await start(hub, { timeoutMs: 50 });
  const output = producer.run(double, 4);
  output.catch(() => {});
  await producer.submit(double, 1);
  await closing.shift()?.();
  await expect(output).rejects.toMatchObject({ code: "TQ_ERR_UNKNOWN_OUTCOME" });
  await expect(producer.run(double, 5)).rejects.toMatchObject({ code: "TQ_ERR_UNREACHABLE" });
  expect(producer.connected).toBe(false);
});
