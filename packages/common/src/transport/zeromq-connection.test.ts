import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Inbox } from "./inbox.ts";
import type { SocketEvent } from "./socket-events.ts";
import { ZeromqConnection } from "./zeromq-connection.ts";
import type { Dealer } from "./zeromq-sockets.ts";

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
  const connection = new ZeromqConnection(port, { opened() {}, receive() {}, ended() {} });
  return { connection, tell: (type: SocketEvent) => events.push({ type }) };
}

test("a connection that the I/O thread made before it heard of the close leaves no timer behind", async () => {
  const { connection, tell } = connectionOf();
  const closed = connection.close();
  tell("connect");
  tell("end");
  await closed;
  expect(vi.getTimerCount()).toBe(0);
});
