import { afterEach, expect, test, vi } from "vitest";
import { type Message, protocolVersion } from "../wire/index.ts";
import type { Core, From } from "./core.ts";
import { createDriver, type Driver, type DriverOptions } from "./driver.ts";
import { Inbox } from "./inbox.ts";
import { linkLimits } from "./limits.ts";
import { createMemoryHub } from "./memory-transport.ts";

const bootId = "0123456789abcdef";
const resync: Message = { verb: "RESYNC", bootId };
const heart: Message = {
  verb: "HEART",
  session: 1,
  bootId,
  stuckMs: 0,
  started: { epoch: 1, ids: { origins: [], runs: [] } },
};

const drivers: Driver[] = [];
afterEach(() => Promise.all(drivers.splice(0).map((driver) => driver.close())));

/** A node whose core writes down what it receives. */
function node(options: Omit<DriverOptions, "core">, overrides: Partial<Core> = {}) {
  const received = new Inbox<{ from: From; message: Message }>();
  const opened = new Inbox<string>();
  const core: Core = {
    receive: (_now, from, message) => received.push({ from, message }),
    violation: (_now, from, reason) => {
      throw new Error(`${from.channel}: ${reason}`);
    },
    opened: (_now, channel) => opened.push(channel),
    flush() {},
    wake() {},
    wakeAt: () => Number.POSITIVE_INFINITY,
    ...overrides,
  };
  const driver = createDriver({ ...options, core: () => core });
  drivers.push(driver);
  return { driver, received, opened };
}

test("messages go out on a channel and come in on another, with a route where it is bound", async () => {
  const hub = createMemoryHub();
  const server = node({ transport: hub.transport() });
  const client = node({ transport: hub.transport() });
  const endpoint = await server.driver.bind("workers", "memory:*");
  client.driver.connect("ventilator", endpoint);
  expect(await client.opened.next()).toBe("ventilator");

  client.driver.send("ventilator", undefined, resync);
  const { from, message } = await server.received.next();
  expect(from).toEqual({ channel: "workers", route: expect.any(String) });
  expect(message).toEqual(resync);

  server.driver.send("workers", from.route, heart);
  expect(await client.received.next()).toEqual({
    from: { channel: "ventilator", route: undefined },
    message: heart,
  });
  expect(server.driver.stats()).toEqual({ workers: { sent: 1, received: 1, dropped: 0 } });
});

test("a bind beyond the loopback is refused before the transport is asked, unless insecure is set", async () => {
  const bind = vi.fn(async () => {
    throw new Error("asked");
  });
  const transport = { ...createMemoryHub().transport(), bind };
  const careful = node({ transport });
  await expect(careful.driver.bind("workers", "tcp://*:5557")).rejects.toMatchObject({
    code: "TQ_ERR_INSECURE_BIND",
  });
  const insecure = node({ transport, insecure: true });
  await expect(insecure.driver.bind("workers", "tcp://*:5557")).rejects.toThrow("asked");
});

test("a channel whose bind failed can be bound again", async () => {
  const hub = createMemoryHub();
  const first = node({ transport: hub.transport() });
  const second = node({ transport: hub.transport() });
  await first.driver.bind("workers", "memory:taken");
  await expect(second.driver.bind("workers", "memory:taken")).rejects.toMatchObject({
    code: "TQ_ERR_ADDRESS_IN_USE",
  });
  expect(await second.driver.bind("workers", "memory:free")).toBe("memory:free");
});

test("what is said to a channel that was disconnected is lost without a word", async () => {
  const { driver } = node({ transport: createMemoryHub().transport() });
  await driver.bind("workers", "memory:*");
  await driver.disconnect("workers");
  driver.send("workers", "a route", resync);
  expect(driver.stats()).toEqual({});
});

test("a driver that is closed during a bind leaves nothing bound", async () => {
  const hub = createMemoryHub();
  const { driver } = node({ transport: hub.transport() });
  const binding = driver.bind("workers", "memory:here");
  await driver.close();
  await binding;
  const again = node({ transport: hub.transport() });
  await again.driver.bind("workers", "memory:here");
});

test("the last words of a flush before close reach the peer", async () => {
  const hub = createMemoryHub();
  const server = node({ transport: hub.transport() });
  const endpoint = await server.driver.bind("workers", "memory:*");
  const opened = Promise.withResolvers<void>();
  const driver = createDriver({
    transport: hub.transport(),
    core: (port) => ({
      receive() {},
      violation() {},
      opened: () => opened.resolve(),
      flush: () => port.send("ventilator", undefined, resync),
      wake() {},
      wakeAt: () => Number.POSITIVE_INFINITY,
    }),
  });
  driver.connect("ventilator", endpoint);
  await opened.promise;
  driver.flushNow();
  await driver.close();
  expect((await server.received.next()).message).toEqual(resync);
});

test("a throw of the core reaches onFatal with what was thrown", async () => {
  const hub = createMemoryHub();
  const fatal = Promise.withResolvers<unknown>();
  const bug = new Error("a bug");
  const flush = (): void => {
    throw bug;
  };
  node({ transport: hub.transport(), onFatal: fatal.resolve }, { flush });
  expect(await fatal.promise).toBe(bug);
});

test("bytes that are no message are the core's to judge, not the driver's", async () => {
  const hub = createMemoryHub();
  const reasons = new Inbox<string>();
  const { driver } = node(
    { transport: hub.transport() },
    { violation: (_now, _from, reason) => reasons.push(reason) },
  );
  const endpoint = await driver.bind("workers", "memory:*");
  const transport = hub.transport();
  const stranger = transport.connect(endpoint, {
    receive() {},
    opened: () => stranger.send([Buffer.from([protocolVersion])]),
  });
  expect(await reasons.next()).not.toBe("");
  await transport.close();
});

test("one-way channels carry messages, hold their writer up while the reader pauses, and say when it can go on", async () => {
  const hub = createMemoryHub();
  const drained = new Inbox<string>();
  const writer = node({ transport: hub.transport() }, { drained: (_now, channel) => drained.push(channel) });
  const reader = node({ transport: hub.transport() });
  const endpoint = await writer.driver.bindPush("tasks", "memory:*");
  expect(writer.driver.isWritable("tasks")).toBe(false);
  reader.driver.connectPull("tasks of a", endpoint);
  expect(await drained.next()).toBe("tasks");
  expect(await reader.opened.next()).toBe("tasks of a");

  reader.driver.pause("tasks of a");
  let sent = 0;
  for (; writer.driver.isWritable("tasks"); sent++) writer.driver.send("tasks", undefined, resync);
  expect(sent).toBe(linkLimits.pushMessagesMax);
  reader.received.expectSilence();

  reader.driver.resume("tasks of a");
  expect(await drained.next()).toBe("tasks");
  for (; sent > 0; sent--) {
    expect(await reader.received.next()).toEqual({
      from: { channel: "tasks of a", route: undefined },
      message: resync,
    });
  }
});

test("the other way round, a channel binds to read and another connects to write", async () => {
  const hub = createMemoryHub();
  const drained = new Inbox<string>();
  const writer = node({ transport: hub.transport() }, { drained: (_now, channel) => drained.push(channel) });
  const reader = node({ transport: hub.transport() });
  const endpoint = await reader.driver.bindPull("outcomes", "memory:*");
  writer.driver.connectPush("sink", endpoint);
  expect(writer.driver.isWritable("sink")).toBe(false);
  await drained.next();
  writer.driver.send("sink", undefined, resync);
  expect((await reader.received.next()).from).toEqual({ channel: "outcomes", route: undefined });

  await writer.driver.disconnect("sink");
  expect(writer.driver.isWritable("sink")).toBe(false);
  writer.driver.send("sink", undefined, resync);
});

test("one-way channels are not bound beyond the loopback either, unless insecure is set", async () => {
  const careful = node({ transport: createMemoryHub().transport() });
  const insecure = { code: "TQ_ERR_INSECURE_BIND" };
  await expect(careful.driver.bindPush("tasks", "tcp://*:5557")).rejects.toMatchObject(insecure);
  await expect(careful.driver.bindPull("outcomes", "tcp://0.0.0.0:5557")).rejects.toMatchObject(insecure);
});
