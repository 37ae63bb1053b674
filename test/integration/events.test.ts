import { once } from "node:events";
import { connect } from "node:net";
import { defineTask, handler, type } from "@tq/common";
import { EventHub, openEvents } from "@tq/common/event-stream";
import { decodeEventMessage, type VentilatorState } from "@tq/common/events";
import { createZeromqTransport } from "@tq/common/transport";
import { expect, test, vi } from "vitest";
import { Subscriber as RawSubscriber } from "zeromq";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";
import { Subscriber } from "./support/subscriber.ts";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const squaring = handler(square, (n) => n * n);
const refuse = defineTask({
  name: "refuse",
  input: type<number>(),
  output: type<null>(),
  retry: { maxAttempts: 1 },
});
const refusing = handler(refuse, () => {
  throw new Error("no");
});

const withEvents = { ventilator: { events: anyPort, name: "v" }, sink: { events: anyPort, name: "s" } };
const endpointsOf = ({ ventilator, sink }: Cluster): string[] => [
  ventilator.endpoints.events ?? "",
  sink.eventsEndpoint ?? "",
];
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test("who comes late gets how each source stands, and from there on every event, once", async () => {
  await using cluster = await Cluster.start(withEvents);
  await cluster.worker({ handlers: [squaring], name: "w", concurrency: 3 });
  await cluster.ventilator.submitMany(square, numbers(100));
  await cluster.results.until(100);
  await cluster.expectRest();
  const late = cluster.use(new Subscriber({ from: endpointsOf(cluster) }));
  const ofVentilator = await late.snapshot("v");
  const ofSink = await late.snapshot("s");
  expect(ofVentilator.state).toMatchObject({
    role: "ventilator",
    workers: [{ worker: "w", tasks: ["square"], slots: 3, leases: 0, state: "open" }],
    sinks: [{ isConnected: true }],
    totals: { workers: 1, unsettled: 0 },
  });
  expect(ofSink.state).toMatchObject({
    role: "sink",
    peers: expect.arrayContaining([expect.objectContaining({ role: "worker", peer: "w" })]),
    totals: { committed: { completed: 100 } },
  });
  await cluster.ventilator.submitMany(square, numbers(50));
  await late.events.next("task.completed", { count: 50 });
  await late.events.next("task.committed", { count: 50 });
  for (const step of ["task.accepted", "task.leased", "task.completed", "task.committed"] as const) {
    expect(new Set(late.events.of(step).map(({ taskId }) => taskId)).size).toBe(50);
    expect(late.events.of(step)).toHaveLength(50);
  }
  expect(late.missed).toBe(0);
});

test("what waits when a subscriber comes is in its snapshot", async () => {
  await using cluster = await Cluster.start(withEvents);
  await cluster.ventilator.submitMany(square, numbers(7));
  const late = cluster.use(new Subscriber({ from: endpointsOf(cluster), topics: ["worker."] }));
  const { state } = await late.snapshot("v");
  expect(state).toMatchObject({ workers: [], definitions: [{ task: "square", unsettled: 7, ready: 7 }] });
  await cluster.worker({ handlers: [squaring], name: "w" });
  const joined = await late.events.next("worker.joined", { fits: ({ source }) => source.name === "v" });
  expect(joined).toMatchObject({ worker: "w", tasks: ["square"] });
  await cluster.results.until(7);
  expect(new Set(late.types("v"))).toEqual(new Set(["snapshot", "worker.joined"]));
});

test("a loop in the process is told the same, and ends with its role", async () => {
  await using cluster = await Cluster.start();
  await cluster.worker({ handlers: [refusing], name: "w" });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const event of cluster.ventilator.events({ topics: ["task."] })) seen.push(event.type);
  })();
  await cluster.ventilator.submit(refuse, 1);
  await cluster.expectRest();
  await cluster.ventilator.close();
  await reading;
  expect(seen).toEqual(["snapshot", "task.accepted", "task.leased", "task.settling", "task.failed"]);
});

test("whose connection is cut is told how many events it missed, and how things stand then", async () => {
  await using cluster = await Cluster.start(withEvents);
  const between = await cluster.proxy(cluster.ventilator.endpoints.events ?? "");
  const subscriber = cluster.use(new Subscriber({ from: [between.endpoint], topics: ["task.accepted"] }));
  await subscriber.snapshot("v");
  await cluster.ventilator.submitMany(square, numbers(10));
  await subscriber.events.next("task.accepted", { count: 10 });
  between.refuse(true);
  between.cut();
  await cluster.ventilator.submitMany(square, numbers(30));
  between.refuse(false);
  const { state } = await subscriber.snapshot("v", 2);
  expect(state).toMatchObject({ totals: { unsettled: 40 } });
  expect(subscriber.types().slice(11)).toEqual(["events.missed", "snapshot"]);
  expect(subscriber.events.of("events.missed")).toMatchObject([{ topic: "task.accepted", count: 30 }]);
  await cluster.ventilator.submit(square, 1);
  await subscriber.events.next("task.accepted", { count: 11 });
  expect(subscriber.missed).toBe(30);
});

test("a subscriber that never reads slows nobody, and misses what it does not take", async () => {
  await using stack = new AsyncDisposableStack();
  const hub = new EventHub({
    source: { role: "ventilator", name: "v", bootId: "00000000000000b1" },
    state: () => ({ role: "ventilator" }) as VentilatorState,
    watch: () => {},
  });
  stack.defer(() => hub.close());
  const endpoint =
    (await openEvents(
      hub,
      { events: anyPort },
      { transport: createZeromqTransport(), log: { info() {}, warn() {} } },
    )) ?? "";
  const idle = new RawSubscriber({
    receiveHighWaterMark: 1,
    receiveBufferSize: 4_096,
    linger: 0,
    receiveTimeout: 500,
  });
  stack.defer(() => idle.close());
  idle.subscribe("event/");
  idle.connect(endpoint);
  const reading = stack.use(new Subscriber({ from: [endpoint] }));
  await reading.snapshot("v");
  // In steps that the one who reads can follow: it shares this event loop with the publisher.
  const [steps, perStep] = [60, 100];
  for (let step = 1; step <= steps; step++) {
    for (let index = 0; index < perStep; index++) {
      hub.report({ type: "peer.refused", peer: "p", code: "C", message: "no".repeat(3_000) });
    }
    await reading.events.next("peer.refused", { count: step * perStep });
  }
  expect(reading.missed).toBe(0);
  let read = 0;
  for (;;) {
    const frames = await idle.receive().catch(() => undefined);
    if (frames === undefined) break;
    const message = decodeEventMessage(frames);
    if (message?.kind === "events") read += message.entries.length;
  }
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(steps * perStep);
});

test("a publisher that closes is said to be gone, and one that takes its place begins with a snapshot", async () => {
  await using cluster = await Cluster.start();
  const { role: first } = await cluster.startVentilator({ events: anyPort, name: "first" });
  const { events = "" } = first.endpoints;
  const subscriber = cluster.use(new Subscriber({ from: [events] }));
  await subscriber.snapshot("first");
  await first.close();
  const gone = await subscriber.events.next("source.gone");
  expect(gone).toMatchObject({ reason: "closed", source: { name: "first" } });
  await cluster.startVentilator({ events, name: "second" });
  const { source } = await subscriber.snapshot("second");
  expect(source.bootId).not.toBe(gone.source.bootId);
  expect(subscriber.subscription.stats().sources).toBe(1);
});

test("garbage at the publisher's port harms nobody", async () => {
  await using cluster = await Cluster.start(withEvents);
  const [endpoint = ""] = endpointsOf(cluster);
  const subscriber = cluster.use(new Subscriber({ from: [endpoint], topics: ["task.accepted"] }));
  await subscriber.snapshot("v");
  const port = Number(endpoint.split(":").at(-1));
  for (const bytes of [
    Buffer.alloc(100_000, 0xff),
    Buffer.alloc(64),
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
  ]) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    await once(socket, "connect");
    await new Promise<void>((resolve) => socket.end(bytes, resolve));
    socket.destroy();
  }
  await cluster.ventilator.submit(square, 1);
  await subscriber.events.next("task.accepted");
  expect(subscriber.types()).toEqual(["snapshot", "task.accepted"]);
});

test("events may use the address of nobody else, and an error leaves nothing open", async () => {
  await using cluster = await Cluster.start(withEvents);
  const [endpoint = ""] = endpointsOf(cluster);
  await expect(cluster.startVentilator({ events: endpoint })).rejects.toMatchObject({
    code: "TQ_ERR_ADDRESS_IN_USE",
  });
  await expect(cluster.startSink({ events: "tcp://0.0.0.0:*" })).rejects.toMatchObject({
    code: "TQ_ERR_INSECURE_BIND",
  });
  await vi.waitFor(() => expect(cluster.ventilator.stats().sinks).toBe(1), waitOptions);
});
