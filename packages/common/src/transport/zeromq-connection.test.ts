import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Gate } from "./gate.ts";
import { Inbox } from "./inbox.ts";
import { nextTurn } from "./receive-loop.ts";
import type { SocketEvent } from "./socket-events.ts";
import { ZeromqConnection } from "./zeromq-connection.ts";
import type { Dealer, Pull } from "./zeromq-sockets.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "setInterval"] }));
afterEach(() => void vi.useRealTimers());

/** A connection whose socket tells what a test lets it tell. */
function connectionOf() {
  const events = new Inbox<{ type: SocketEvent }>();
  const socket = {
    closed: false,
    events: { receive: () => events.next() },
    connect: () => {},
    close: () => {
      socket.closed = true;
    },
    receive: () => Promise.resolve([]),
  };
  const dealer = socket as unknown as Dealer;
  const port = { socket: dealer, address: "tcp://127.0.0.1:1", handshakeMs: 5_000, silenceMs: 30_000 };
  const ended = vi.fn();
  const connection = new ZeromqConnection(port, { opened() {}, receive() {}, ended });
  return { connection, socket, ended, tell: (type: SocketEvent) => events.push({ type }) };
}

test("a connection that the I/O thread made before it heard of the close leaves no timer behind", async () => {
  const { connection, tell } = connectionOf();
  const closed = connection.close();
  tell("connect");
  tell("end");
  await closed;
  expect(vi.getTimerCount()).toBe(0);
});

test("a connection that is closed while it ends by itself says no more of it, and nobody connects anew", async () => {
  const { connection, socket, ended, tell } = connectionOf();
  tell("connect:retry");
  await expect.poll(() => socket.closed).toBe(true);
  const closed = connection.close();
  tell("end");
  await closed;
  await nextTurn();
  expect(ended).not.toHaveBeenCalled();
});

test("a message that is held while the gate is shut is received before an ended connection is let go", async () => {
  const events = new Inbox<{ type: SocketEvent }>();
  const messages = new Inbox<Buffer[]>();
  const socket = {
    closed: false,
    readable: false,
    linger: 0,
    events: { receive: () => events.next() },
    connect: () => {},
    close: () => {
      socket.closed = true;
      events.push({ type: "end" });
    },
    receive: () => messages.next(),
  };
  const gate = new Gate();
  const said: string[] = [];
  const ended = Promise.withResolvers<void>();
  new ZeromqConnection(
    {
      socket: socket as unknown as Pull,
      address: "tcp://127.0.0.1:1",
      handshakeMs: 5_000,
      silenceMs: Number.POSITIVE_INFINITY,
      gate,
    },
    {
      opened: () => said.push("opened"),
      receive: () => said.push("received"),
      ended: () => {
        said.push("ended");
        ended.resolve();
      },
    },
  );
  events.push({ type: "handshake" });
  await nextTurn();
  gate.shut();
  messages.push([Buffer.from("held")]);
  await nextTurn();
  events.push({ type: "disconnect" });
  await nextTurn();
  await nextTurn();
  expect(said).toEqual(["opened"]);
  gate.open();
  await ended.promise;
  expect(said).toEqual(["opened", "received", "ended"]);
});

test("a connection that ended is let go although its socket stays readable, and the pending read never hears of it", async () => {
  const { socket, ended, tell } = connectionOf();
  Object.assign(socket, { readable: true, receive: () => new Promise(() => {}), linger: 0 });
  tell("handshake");
  tell("disconnect");
  await expect.poll(() => socket.closed).toBe(true);
  tell("end");
  await expect.poll(() => ended.mock.calls.length).toBe(1);
});
