/** A connecting end that sends and receives over ZeroMQ: a socket for each connection, a DEALER or one that carries events. */
import { KeptConnection, type KeptConnectionPort } from "./kept-connection.ts";
import type { ClientLink, ConnectOptions, Frames, LinkStats } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { countRefusals, type Dealer, type XPublisher, type XSubscriber } from "./zeromq-sockets.ts";

export interface ZeromqClientOptions extends ConnectOptions {
  /** A connection is over, or an attempt was in vain. */
  readonly ended?: (() => void) | undefined;
}

export class ZeromqClientLink<Socket extends Dealer | XPublisher | XSubscriber> implements ClientLink {
  readonly #counters = new LinkCounters();
  readonly #refused = countRefusals(this.#counters);
  readonly #connection: KeptConnection<Socket>;

  constructor(port: KeptConnectionPort<Socket>, { receive, opened, ended }: ZeromqClientOptions) {
    this.#connection = new KeptConnection(port, {
      opened: () => opened?.(),
      receive: (frames) => {
        this.#counters.countReceived();
        receive(frames);
      },
      ended: () => ended?.(),
    });
  }

  /** Whether there is a connection. */
  get isOpen(): boolean {
    return this.#connection.open !== undefined;
  }

  send(frames: Frames): void {
    const socket = this.#connection.open;
    this.#counters.countSend(socket !== undefined);
    socket?.send([...frames]).then(undefined, this.#refused);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
