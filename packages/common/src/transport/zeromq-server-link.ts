/** A ROUTER: one socket for all peers of an endpoint. A route is the routing id that it gave to a connection. */
import type { BindOptions, Frames, LinkStats, Route, ServerLink } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { receiveLoop } from "./receive-loop.ts";
import { bindSocket, closeSocket } from "./zeromq-bind.ts";
import { countRefusals, type Router } from "./zeromq-sockets.ts";

/** @throws TQ_ERR_ADDRESS_IN_USE or TQ_ERR_BIND_FAILED; the socket is closed then. */
export async function bindServerLink(
  socket: Router,
  address: string,
  { receive }: BindOptions,
): Promise<ServerLink> {
  return new ZeromqServerLink(socket, await bindSocket(socket, address), receive);
}

class ZeromqServerLink implements ServerLink {
  readonly endpoint: string;
  readonly #socket: Router;
  readonly #receive: (route: Route, frames: Frames) => void;
  readonly #counters = new LinkCounters();
  readonly #refused = countRefusals(this.#counters);
  #closing: Promise<void> | undefined;

  constructor(socket: Router, endpoint: string, receive: (route: Route, frames: Frames) => void) {
    this.#socket = socket;
    this.endpoint = endpoint;
    this.#receive = receive;
    void receiveLoop(socket, this.#deliver);
  }

  send(route: Route, frames: Frames): void {
    const isOpen = this.#closing === undefined;
    this.#counters.countSend(isOpen);
    if (!isOpen) return;
    this.#socket.send([Buffer.from(route, "latin1"), ...frames]).then(undefined, this.#refused);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  readonly #deliver = (message: Buffer[]): void => {
    const id = message.shift();
    if (id === undefined || this.#closing !== undefined) return;
    this.#counters.countReceived();
    this.#receive(id.toString("latin1"), message);
  };

  close(): Promise<void> {
    this.#closing ??= closeSocket(this.#socket);
    return this.#closing;
  }
}
