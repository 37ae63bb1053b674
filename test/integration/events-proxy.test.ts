import { once } from "node:events";
import { connect } from "node:net";
import { defineTask, handler, type } from "@tq/common";
import { type EventProxy, startEventProxy } from "@tq/events";
import { expect, test, vi } from "vitest";
import { anyPort, Cluster, waitOptions } from "./support/cluster.ts";
import { Subscriber } from "./support/subscriber.ts";

const square = defineTask({ name: "square", input: type<number>(), output: type<number>() });
const squaring = handler(square, (n) => n * n);

/** A proxy, and two ventilators and a sink that publish there. */
async function begin(): Promise<{ cluster: Cluster; proxy: EventProxy } & AsyncDisposable> {
  const proxy = await startEventProxy({ publishers: anyPort, subscribers: anyPort });
  const eventsProxy = proxy.endpoints.publishers;
  const cluster = await Cluster.start({
    ventilator: { eventsProxy, name: "v1" },
    sink: { eventsProxy, name: "s" },
  });
  await cluster.startVentilator({ eventsProxy, name: "v2", sinks: [cluster.sink.endpoint] });
  return {
    cluster,
    proxy,
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]();
      await proxy.close();
    },
  };
}

test("many publishers have one address, where who comes late gets the snapshot of each", async () => {
  await using running = await begin();
  const { cluster, proxy } = running;
  const from = [proxy.endpoints.subscribers];
  const first = cluster.use(new Subscriber({ from, topics: ["worker."] }));
  await Promise.all(["v1", "v2", "s"].map((name) => first.snapshot(name)));
  await cluster.worker({ handlers: [squaring], name: "w" });
  await first.events.next("worker.joined", { fits: ({ source }) => source.name === "v1" });
  const late = cluster.use(new Subscriber({ from, topics: ["worker.", "task.completed"] }));
  const states = await Promise.all(["v1", "v2", "s"].map((name) => late.snapshot(name)));
  expect(states.map(({ state }) => state.totals.workers)).toEqual([1, 0, expect.any(Number)]);
  await cluster.ventilator.submitMany(square, [1, 2, 3]);
  await late.events.next("task.completed", { count: 3 });
  // What the one asked for is not the other's: its snapshots came once, and no task's events.
  expect(first.types("v1")).toEqual(["snapshot", "worker.joined"]);
  expect(late.missed).toBe(0);
  expect(late.subscription.stats()).toEqual({ sources: 3, missed: 0, malformed: 0, unheard: [] });
});

test("a proxy that died and is back is found by both sides, with how things stand by then", async () => {
  await using running = await begin();
  const { cluster, proxy } = running;
  const { publishers, subscribers } = proxy.endpoints;
  const subscriber = cluster.use(new Subscriber({ from: [subscribers], topics: ["task."] }));
  const names = ["v1", "v2", "s"];
  await Promise.all(names.map((name) => subscriber.snapshot(name)));
  await proxy.close();
  await cluster.ventilator.submitMany(square, [1, 2, 3, 4, 5]);
  await using _back = await startEventProxy({ publishers, subscribers });
  const [ofFirst] = await Promise.all(names.map((name) => subscriber.snapshot(name, 2)));
  expect(ofFirst?.state).toMatchObject({ totals: { unsettled: 5 } });
  await cluster.ventilator.submit(square, 6);
  await subscriber.events.next("task.accepted", { fits: ({ taskId }) => taskId.endsWith("-6") });
  // It was away for less than its sources remember: nothing is missing without a word.
  expect(subscriber.missed + subscriber.events.of("task.accepted").length).toBe(6);
});

test("a publisher that goes or comes is told to those who are there", async () => {
  await using running = await begin();
  const { cluster, proxy } = running;
  const subscriber = cluster.use(new Subscriber({ from: [proxy.endpoints.subscribers] }));
  await Promise.all(["v1", "v2", "s"].map((name) => subscriber.snapshot(name)));
  const { role: third } = await cluster.startVentilator({
    eventsProxy: proxy.endpoints.publishers,
    name: "v3",
  });
  await subscriber.snapshot("v3");
  await third.close();
  expect(await subscriber.events.next("source.gone")).toMatchObject({
    reason: "closed",
    source: { name: "v3" },
  });
  expect(subscriber.subscription.stats().sources).toBe(3);
});

test("garbage at either side of a proxy harms nobody", async () => {
  await using running = await begin();
  const { cluster, proxy } = running;
  const subscriber = cluster.use(new Subscriber({ from: [proxy.endpoints.subscribers] }));
  await subscriber.snapshot("v1");
  for (const endpoint of Object.values(proxy.endpoints)) {
    for (const bytes of [Buffer.alloc(100_000, 0xff), Buffer.from("GET / HTTP/1.1\r\n\r\n")]) {
      const socket = connect(Number(endpoint.split(":").at(-1)), "127.0.0.1").on("error", () => {});
      await once(socket, "connect");
      await new Promise<void>((resolve) => socket.end(bytes, resolve));
      socket.destroy();
    }
  }
  await cluster.ventilator.submit(square, 1);
  await subscriber.events.next("task.accepted");
});

test("a proxy's address that is taken or open to all is refused, and nothing stays open", async () => {
  await using taken = await startEventProxy({ publishers: anyPort, subscribers: anyPort });
  const { publishers, subscribers } = taken.endpoints;
  await expect(startEventProxy({ publishers: anyPort, subscribers })).rejects.toMatchObject({
    code: "TQ_ERR_ADDRESS_IN_USE",
  });
  await expect(startEventProxy({ publishers, subscribers: "tcp://0.0.0.0:*" })).rejects.toMatchObject({
    code: "TQ_ERR_INSECURE_BIND",
  });
  await expect(startEventProxy({ publishers, subscribers: "nowhere" })).rejects.toMatchObject({
    code: "TQ_ERR_INVALID_ENDPOINT",
  });
  await taken.close();
  await vi.waitFor(async () => {
    await (await startEventProxy({ publishers, subscribers })).close();
  }, waitOptions);
});
