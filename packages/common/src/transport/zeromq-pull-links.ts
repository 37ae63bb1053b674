/** The reading ends of one-way pipes over ZeroMQ: bound for many writers, or connected to one. */
import { Gate } from "./gate.ts";
import { KeptConnection, type KeptConnectionPort } from "./kept-connection.ts";
import type { Frames, LinkStats, PullLink, PullOptions } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { receiveLoop } from "./receive-loop.ts";
import { bindSocket, closeSocket } from "./zeromq-bind.ts";
import type { Pull } from "./zeromq-sockets.ts";

/** @throws TQ_ERR_ADDRESS_IN_USE or TQ_ERR_BIND_FAILED; the socket is closed then. */
export async function bindPullLink(socket: Pull, address: string, options: PullOptions): Promise<PullLink> {
  return new BoundPullLink(socket, await bindSocket(socket, address), options);
}

/** A gate, and a count of what passed it. */
abstract class GatedLink {
  readonly endpoint: string;
  protected readonly gate: Gate;
  readonly #counters = new LinkCounters();
  readonly #receive: (frames: Frames) => void;

  constructor(endpoint: string, gate: Gate, receive: (frames: Frames) => void) {
    this.endpoint = endpoint;
    this.gate = gate;
    this.#receive = receive;
  }

  pause(): void {
    this.gate.shut();
  }

  resume(): void {
    this.gate.open();
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  protected readonly deliver = (frames: Frames): void => {
    this.#counters.countReceived();
    this.#receive(frames);
  };
}

class BoundPullLink extends GatedLink implements PullLink {
  readonly #socket: Pull;
  #closing: Promise<void> | undefined;

  constructor(socket: Pull, endpoint: string, { receive }: PullOptions) {
    super(endpoint, new Gate(), receive);
    this.#socket = socket;
    void receiveLoop(socket, this.deliver, this.gate);
  }

  close(): Promise<void> {
    this.#closing ??= closeSocket(this.#socket);
    this.gate.open();
    return this.#closing;
  }
}

export class ConnectedPullLink extends GatedLink implements PullLink {
  readonly #connection: KeptConnection<Pull>;

  /** `gate`: that of the connections which `port` makes. */
  constructor(port: KeptConnectionPort<Pull> & { endpoint: string; gate: Gate }, options: PullOptions) {
    super(port.endpoint, port.gate, options.receive);
    this.#connection = new KeptConnection(port, {
      opened: () => options.opened?.(),
      receive: this.deliver,
      ended: () => {},
    });
  }

  close(): Promise<void> {
    const closing = this.#connection.close();
    this.gate.open();
    return closing;
  }
}
