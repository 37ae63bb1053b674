/** What links within a process do from thread to thread, and in what they differ from those between processes. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { createZeromqTransport, type Transport } from "@tq/common/transport";
import { expect, onTestFinished, test, vi } from "vitest";
import { bindProbe, connectProbe, frames, meet } from "../support/link-probe.ts";
import type { InprocThreadData } from "./fixtures/inproc-thread.ts";

function node(options: Parameters<typeof createZeromqTransport>[0] = {}): Transport {
  const transport = createZeromqTransport(options);
  onTestFinished(() => transport.close());
  return transport;
}

function thread(workerData: InprocThreadData): Worker {
  const worker = new Worker(new URL("./fixtures/inproc-thread.ts", import.meta.url), { workerData });
  onTestFinished(async () => {
    await worker.terminate();
  });
  return worker;
}

let names = 0;
const freshEndpoint = (): string => `inproc://test-${names++}`;

test("a client finds a server in another thread, and the next one when that thread was killed", async () => {
  const endpoint = freshEndpoint();
  const client = connectProbe(node(), endpoint);
  const worker = thread({ act: "echo", endpoint });
  await client.opened.next();
  client.link.send(frames("hello", "thread"));
  expect(await client.inbox.next()).toEqual(["hello", "thread"]);

  await worker.terminate();
  await meet(await bindProbe(node(), endpoint), client);
});

test("a name that another thread has bound is taken until that thread ends", async () => {
  const endpoint = freshEndpoint();
  const worker = thread({ act: "echo", endpoint });
  await once(worker, "message");
  await expect(bindProbe(node(), endpoint)).rejects.toMatchObject({
    code: "TQ_ERR_ADDRESS_IN_USE",
    message: expect.stringContaining(endpoint),
  });
  await worker.terminate();
  const { link } = await bindProbe(node(), endpoint);
  expect(link.endpoint).toBe(endpoint);
});

test("what a thread has said is whole after its end", async () => {
  const endpoint = freshEndpoint();
  const received = Promise.withResolvers<readonly Uint8Array[]>();
  await node().bind(endpoint, { receive: (_route, given) => received.resolve(given) });
  await once(thread({ act: "say", endpoint }), "exit");
  const [frame] = await received.promise;
  const said = Buffer.alloc(1024 * 1024, "said by a thread ");
  expect(said.equals(frame ?? new Uint8Array())).toBe(true);
});

test("a peer that was killed with its thread is noticed by its silence", async () => {
  const endpoint = freshEndpoint();
  const worker = thread({ act: "echo", endpoint });
  const client = connectProbe(node({ silenceMs: 50 }), endpoint);
  await client.opened.next();
  await worker.terminate();
  const dropped = () => {
    client.link.send(frames("to nobody"));
    return client.link.stats().dropped;
  };
  await expect.poll(dropped, { timeout: 5_000 }).toBeGreaterThan(0);
});

test("a client that stood still for too long is let go, and comes back under a new route", async () => {
  const endpoint = freshEndpoint();
  const server = await bindProbe(node({ silenceMs: 50 }), endpoint);
  thread({ act: "stand still", endpoint });
  const { route } = await server.inbox.next();
  server.link.send(route, frames("stand still"));
  expect((await server.inbox.next()).route).not.toBe(route);
});

test("messages are copies: neither side can change what the other one holds", async () => {
  const received = Promise.withResolvers<readonly Uint8Array[]>();
  const link = await node().bind("inproc://*", { receive: (_route, given) => received.resolve(given) });
  const client = connectProbe(node(), link.endpoint);
  await client.opened.next();
  const sent = Buffer.alloc(1_000, "a");
  client.link.send([sent.subarray(100, 200), sent]);
  sent.fill("b");
  const [part, whole] = await received.promise;
  expect(Buffer.from(part ?? []).toString()).toBe("a".repeat(100));
  // A view does not take the rest of its memory along.
  expect(part?.buffer.byteLength).toBe(100);
  whole?.fill(0);
  expect(sent.toString()).toBe("b".repeat(1_000));
});

test("frames may be of any size: the limit is for strangers", async () => {
  const transport = node({ frameBytesMax: 10 });
  const server = await bindProbe(transport, "inproc://*");
  const client = connectProbe(transport, server.link.endpoint);
  const route = await meet(server, client);
  client.link.send(frames("x".repeat(100)));
  expect(await server.inbox.next()).toEqual({ route, texts: ["x".repeat(100)] });
});

test("nobody behind a name is said after a second, once, and the wait goes on", async () => {
  const endpoint = freshEndpoint();
  const onNobody = vi.fn();
  const client = connectProbe(node({ onNobody }), endpoint);
  await expect.poll(() => onNobody.mock.calls.length, { timeout: 10_000 }).toBe(1);
  expect(onNobody).toHaveBeenCalledExactlyOnceWith({
    endpoint,
    code: "UNBOUND",
    message: expect.stringContaining("nobody in this process"),
  });
  await meet(await bindProbe(node(), endpoint), client);
});

test("over a thousand clients that wait in vain, and go, leave nothing behind", async () => {
  const endpoint = freshEndpoint();
  const transport = node();
  for (let round = 0; round < 1_100; round++) await connectProbe(transport, endpoint).link.close();
  const server = await bindProbe(transport, endpoint);
  await meet(server, connectProbe(transport, endpoint));
  server.inbox.expectSilence();
});

test("events are not carried, and the error says what does", async () => {
  const transport = createZeromqTransport();
  const wrong = { code: "TQ_ERR_INVALID_ENDPOINT", message: expect.stringContaining("tcp://HOST:PORT") };
  const options = { receive: () => {} };
  await expect(transport.bindEvents("publisher", "inproc://x", options)).rejects.toMatchObject(wrong);
  expect(() => transport.connectEvents("subscriber", "inproc://x", options)).toThrow(
    expect.objectContaining(wrong),
  );
});
