/** A ROUTER: one socket for all peers of an endpoint. A route is the routing id that it gave to a connection. */
import { invariant, TqError } from "../contract/index.ts";
import type { BindOptions, Frames, LinkStats, Route, ServerLink } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { receiveLoop } from "./receive-loop.ts";
import { listenToSocket } from "./socket-events.ts";
import { countRefusals, errorCode, type Router } from "./zeromq-sockets.ts";

/** @throws TQ_ERR_ADDRESS_IN_USE or TQ_ERR_BIND_FAILED; the socket is closed then. */
export async function bindServerLink(
  socket: Router,
  address: string,
  { receive }: BindOptions,
): Promise<ServerLink> {
  try {
    await socket.bind(address);
  } catch (error) {
    socket.close();
    throw bindError(address, error);
  }
  const endpoint = socket.lastEndpoint;
  invariant(endpoint !== null, "a bound socket knows its endpoint");
  return new ZeromqServerLink(socket, endpoint, receive);
}

export function addressInUse(endpoint: string, cause?: unknown): TqError {
  return new TqError(
    "TQ_ERR_ADDRESS_IN_USE",
    `${endpoint} is taken by another socket. Stop that one, or bind another address.`,
    { details: { endpoint }, cause },
  );
}

function bindError(endpoint: string, cause: unknown): TqError {
  if (errorCode(cause) === "EADDRINUSE") return addressInUse(endpoint, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TqError(
    "TQ_ERR_BIND_FAILED",
    `${endpoint} cannot be bound (${reason}). It must be an address of this machine, or a path that can be written.`,
    { details: { endpoint }, cause },
  );
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

  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  readonly #deliver = (message: Buffer[]): void => {
    const id = message.shift();
    if (id === undefined || this.#closing !== undefined) return;
    this.#counters.countReceived();
    this.#receive(id.toString("latin1"), message);
  };

  /**
   * Not unbound first: the library does that in another thread, while a receive is pending on the socket, which only one
   * thread may use at a time. A close frees the address as well; the I/O thread does it, some time later.
   */
  async #release(): Promise<void> {
    const ended = listenToSocket(this.#socket.events, () => {});
    this.#socket.close();
    await ended;
  }
}
