/**
 * XPUB and XSUB: like PUB and SUB, but subscriptions are messages that can be seen and passed on. A publisher sees what is
 * wanted, and a proxy needs to understand nothing.
 */
import type { EventLink, EventLinkOptions } from "./event-links.ts";
import type { KeptConnectionPort } from "./kept-connection.ts";
import type { Frames, LinkStats } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { receiveLoop } from "./receive-loop.ts";
import { bindSocket, closeSocket } from "./zeromq-bind.ts";
import { ZeromqClientLink } from "./zeromq-client-link.ts";
import { countRefusals, type XPublisher, type XSubscriber } from "./zeromq-sockets.ts";

type EventSocket = XPublisher | XSubscriber;

/** @throws TQ_ERR_ADDRESS_IN_USE or TQ_ERR_BIND_FAILED; the socket is closed then. */
export async function bindEventLink(
  socket: EventSocket,
  address: string,
  { receive }: EventLinkOptions,
): Promise<EventLink> {
  return new BoundEventLink(socket, await bindSocket(socket, address), receive);
}

class BoundEventLink implements EventLink {
  readonly endpoint: string;
  readonly #socket: EventSocket;
  readonly #counters = new LinkCounters();
  readonly #refused = countRefusals(this.#counters);
  #closing: Promise<void> | undefined;

  constructor(socket: EventSocket, endpoint: string, receive: (frames: Frames) => void) {
    this.#socket = socket;
    this.endpoint = endpoint;
    void receiveLoop(socket, (frames) => {
      if (!this.isOpen) return;
      this.#counters.countReceived();
      receive(frames);
    });
  }

  get isOpen(): boolean {
    return this.#closing === undefined;
  }

  send(frames: Frames): void {
    this.#counters.countSend(this.isOpen);
    if (this.isOpen) this.#socket.send([...frames]).then(undefined, this.#refused);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  close(): Promise<void> {
    this.#closing ??= closeSocket(this.#socket);
    return this.#closing;
  }
}

export class ConnectedEventLink extends ZeromqClientLink<EventSocket> implements EventLink {
  readonly endpoint: string;

  constructor(endpoint: string, port: KeptConnectionPort<EventSocket>, options: EventLinkOptions) {
    super(port, options);
    this.endpoint = endpoint;
  }
}
