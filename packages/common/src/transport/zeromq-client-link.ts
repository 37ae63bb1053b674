/** A client over ZeroMQ: a DEALER for each connection. */
import { KeptConnection, type KeptConnectionPort } from "./kept-connection.ts";
import type { ClientLink, ConnectOptions, Frames, LinkStats } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { countRefusals, type Dealer } from "./zeromq-sockets.ts";

export class ZeromqClientLink implements ClientLink {
  readonly #counters = new LinkCounters();
  readonly #refused = countRefusals(this.#counters);
  readonly #connection: KeptConnection<Dealer>;

  constructor(port: KeptConnectionPort<Dealer>, { receive, opened }: ConnectOptions) {
    this.#connection = new KeptConnection(port, {
      opened: () => opened?.(),
      receive: (frames) => {
        this.#counters.countReceived();
        receive(frames);
      },
      ended: () => {},
    });
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
