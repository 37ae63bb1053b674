/** What a network can do to one-way links over tcp, and what strangers can. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { pipeEnds } from "../support/pipe-probe.ts";
import { tcpNode, tcpProxyTo } from "../support/tcp-world.ts";

const portOf = (endpoint: string): number => Number(endpoint.split(":").at(-1));

test.each(["reader", "writer"])("a connection that is cut is made anew by a connected %s", async (which) => {
  const bound = which === "reader" ? await pipeEnds(tcpNode()).bindPush("tcp://127.0.0.1:*") : undefined;
  const boundPull = bound === undefined ? await pipeEnds(tcpNode()).bindPull("tcp://127.0.0.1:*") : undefined;
  const proxy = await tcpProxyTo((bound ?? boundPull)?.link.endpoint ?? "");
  const push = bound ?? pipeEnds(tcpNode()).connectPush(proxy.endpoint);
  const pull = boundPull ?? pipeEnds(tcpNode()).connectPull(proxy.endpoint);
  await push.send("before");
  expect(await pull.inbox.next()).toEqual(["before"]);
  proxy.cut();
  await expect.poll(() => push.link.isWritable).toBe(false);
  await push.send("after");
  expect(await pull.inbox.next()).toEqual(["after"]);
});

/** The first bytes of a ZeroMQ peer: signature, version 3.0, mechanism NULL, 32 bytes of filler. */
const greeting = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from("NULL".padEnd(20, "\0")),
  Buffer.alloc(32),
]);

const garbage = [
  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
  Buffer.alloc(100_000, 0xff),
  greeting.subarray(0, 30),
  Buffer.concat([greeting, Buffer.alloc(100_000, 0x33)]),
  "",
];

async function strangerAt(endpoint: string, bytes: Buffer | string): Promise<void> {
  const stranger = connect(portOf(endpoint), "127.0.0.1");
  stranger.on("error", () => {});
  onTestFinished(() => {
    stranger.destroy();
  });
  await once(stranger, "connect");
  stranger.write(bytes);
}

test("garbage, half a handshake and silence at the ports harm nobody", async () => {
  const push = await pipeEnds(tcpNode()).bindPush("tcp://127.0.0.1:*");
  const reader = pipeEnds(tcpNode()).connectPull(push.link.endpoint);
  const pull = await pipeEnds(tcpNode()).bindPull("tcp://127.0.0.1:*");
  const writer = pipeEnds(tcpNode()).connectPush(pull.link.endpoint);
  for (const bytes of garbage) {
    await strangerAt(push.link.endpoint, bytes);
    await push.send("task");
    expect(await reader.inbox.next()).toEqual(["task"]);
    await strangerAt(pull.link.endpoint, bytes);
    await writer.send("outcome");
    expect(await pull.inbox.next()).toEqual(["outcome"]);
  }
  pull.inbox.expectSilence();
});

test("a stranger who never ends its handshake is no reader", async () => {
  const push = await pipeEnds(tcpNode()).bindPush("tcp://127.0.0.1:*");
  await strangerAt(push.link.endpoint, greeting.subarray(0, 30));
  const sending = push.send("for a reader");
  const reader = pipeEnds(tcpNode()).connectPull(push.link.endpoint);
  await sending;
  expect(await reader.inbox.next()).toEqual(["for a reader"]);
});

test("a writer of too large a frame is cut off, and the others are read", async () => {
  const pull = await pipeEnds(tcpNode({ frameBytesMax: 1_000 })).bindPull("tcp://127.0.0.1:*");
  const boor = pipeEnds(tcpNode()).connectPush(pull.link.endpoint);
  const writer = pipeEnds(tcpNode()).connectPush(pull.link.endpoint);
  await boor.send("x".repeat(1_001));
  await expect.poll(() => boor.link.isWritable).toBe(false);
  await writer.send("as agreed");
  expect(await pull.inbox.next()).toEqual(["as agreed"]);
  await boor.send("as agreed now");
  expect(await pull.inbox.next()).toEqual(["as agreed now"]);
});

test("two ends of the same direction do not meet, and a right one is found later", async () => {
  const wrong = await pipeEnds(tcpNode()).bindPull("tcp://127.0.0.1:*");
  const reader = pipeEnds(tcpNode()).connectPull(wrong.link.endpoint);
  const writer = pipeEnds(tcpNode()).connectPush(wrong.link.endpoint);
  await writer.send("hello");
  await wrong.inbox.next();
  reader.opened.expectSilence();
  await wrong.link.close();
  const right = await pipeEnds(tcpNode()).bindPush(wrong.link.endpoint);
  await right.send("task");
  expect(await reader.inbox.next()).toEqual(["task"]);
});
