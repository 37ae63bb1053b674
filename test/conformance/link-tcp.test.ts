/** What a network can do to links over tcp, and what strangers can. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { promisify } from "node:util";
import { createZeromqTransport } from "@tq/common/transport";
import { expect, onTestFinished, test } from "vitest";
import { bindProbe, connectProbe, frames, meet } from "../support/link-probe.ts";
import { tcpNode, tcpProxyTo } from "../support/tcp-world.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const portOf = (endpoint: string): number => Number(endpoint.split(":").at(-1));

/** The first bytes of a ZeroMQ peer: signature, version 3.0, mechanism NULL, 32 bytes of filler. */
const greeting = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from("NULL".padEnd(20, "\0")),
  Buffer.alloc(32),
]);

test("a connection that is cut comes back under a new route, and the old one is nobody's", async () => {
  const server = await bindProbe(tcpNode(), "tcp://127.0.0.1:*");
  const proxy = await tcpProxyTo(server.link.endpoint);
  const client = connectProbe(tcpNode(), proxy.endpoint);
  const oldRoute = await meet(server, client);

  proxy.cut();
  const newRoute = await meet(server, client);
  expect(newRoute).not.toBe(oldRoute);
  const before = server.link.stats().dropped;
  server.link.send(oldRoute, frames("to nobody"));
  server.link.send(newRoute, frames("to the client"));
  expect(await client.inbox.next()).toEqual(["to the client"]);
  expect(server.link.stats().dropped).toBe(before + 1);
});

test("what a peer that has stopped reading cannot take is dropped, and others are served", async () => {
  const server = await bindProbe(tcpNode(), "tcp://127.0.0.1:*");
  const proxy = await tcpProxyTo(server.link.endpoint);
  const stuck = connectProbe(tcpNode(), proxy.endpoint);
  const stuckRoute = await meet(server, stuck);

  // Alone first: nobody's room must be waited for. What can leave has the time to.
  proxy.pause();
  const big = Buffer.alloc(1024 * 1024);
  let sent = 0;
  for (; server.link.stats().dropped === 0; sent++) {
    server.link.send(stuckRoute, [big]);
    await nextTurn();
  }
  expect(sent).toBeGreaterThan(64);

  const other = connectProbe(tcpNode(), server.link.endpoint);
  const otherRoute = await meet(server, other);
  server.link.send(stuckRoute, [big]);
  server.link.send(otherRoute, frames("to the other"));
  expect(await other.inbox.next()).toEqual(["to the other"]);
  expect(server.link.stats()).toMatchObject({ sent, dropped: 2 });
});

test("garbage, half a handshake and silence at the port harm nobody", async () => {
  const server = await bindProbe(tcpNode(), "tcp://127.0.0.1:*");
  const client = connectProbe(tcpNode(), server.link.endpoint);
  const route = await meet(server, client);
  const garbage = [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    Buffer.alloc(100_000, 0xff),
    Buffer.alloc(100_000, 0),
    greeting.subarray(0, 30),
    Buffer.concat([greeting, Buffer.alloc(100_000, 0x33)]),
    // A frame that claims 2⁶³ bytes, after a handshake that never took place.
    Buffer.concat([
      greeting,
      Buffer.from([2, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      Buffer.alloc(1_000),
    ]),
    "",
  ];
  for (const bytes of garbage) {
    const stranger = connect(portOf(server.link.endpoint), "127.0.0.1");
    stranger.on("error", () => {});
    onTestFinished(() => {
      stranger.destroy();
    });
    await once(stranger, "connect");
    stranger.write(bytes);
    client.link.send(frames("still here?"));
    expect(await server.inbox.next()).toEqual({ route, texts: ["still here?"] });
    server.link.send(route, frames("yes"));
    expect(await client.inbox.next()).toEqual(["yes"]);
  }
});

const impostors = {
  "speaks another protocol": (socket: Socket) => socket.write(Buffer.alloc(64, 0xff)),
  "is a web server": (socket: Socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
  "says nothing": () => {},
  "hangs up": (socket: Socket) => socket.destroy(),
  "breaks off after the greeting": (socket: Socket) =>
    socket.write(Buffer.concat([greeting, Buffer.alloc(64)])),
};

test.each(Object.entries(impostors))(
  "a client whose address first belongs to somebody who %s finds the right one later",
  async (_name, welcome) => {
    const impostor = createServer((socket) => {
      socket.on("error", () => {}).resume();
      welcome(socket);
    });
    impostor.listen(0, "127.0.0.1");
    await once(impostor, "listening");
    const met = once(impostor, "connection");
    const endpoint = `tcp://127.0.0.1:${(impostor.address() as AddressInfo).port}`;
    const transport = createZeromqTransport({ handshakeMs: 200 });
    onTestFinished(() => transport.close());
    const client = connectProbe(transport, endpoint);
    const [socket] = await met;
    if (!socket.closed) await once(socket, "close");
    impostor.close();
    await once(impostor, "close");
    client.opened.expectSilence();

    await meet(await bindProbe(tcpNode(), endpoint), client);
  },
);

test("a client whose server falls silent makes its connection anew, and one that was never told anything does not", async () => {
  const server = await bindProbe(tcpNode(), "tcp://127.0.0.1:*");
  const transport = createZeromqTransport({ silenceMs: 50 });
  onTestFinished(() => transport.close());
  const told = connectProbe(transport, server.link.endpoint);
  const untold = connectProbe(transport, server.link.endpoint);
  server.link.send(await meet(server, told), frames("hello"));
  await told.inbox.next();
  await untold.opened.next();
  await told.opened.next();
  untold.opened.expectSilence();
});

test("localhost can be bound and connected to", async () => {
  const server = await bindProbe(tcpNode(), "tcp://localhost:*");
  expect(server.link.endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
  await meet(server, connectProbe(tcpNode(), server.link.endpoint.replace("127.0.0.1", "localhost")));
});

test("an address that is not this machine's cannot be bound, and the error names it", async () => {
  // Reserved for documentation: nobody has it.
  const endpoint = "tcp://192.0.2.1:5557";
  await expect(bindProbe(tcpNode(), endpoint)).rejects.toMatchObject({
    code: "TQ_ERR_BIND_FAILED",
    message: expect.stringContaining(endpoint),
  });
});

test("a process that has closed its links ends by itself", async () => {
  const script = new URL("./open-and-close.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 20_000 });
  expect(stdout).toBe("closed\n");
});
