/** A DEALER: one socket for one peer, for a DEALER with several would deal its messages out among them. */
import { ConnectionWatch } from "./connection-watch.ts";
import type { ClientLink, ConnectOptions, Frames, LinkStats } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { receiveLoop } from "./receive-loop.ts";
import { listenToSocket } from "./socket-events.ts";
import { countRefusals, type Dealer } from "./zeromq-sockets.ts";

export class ZeromqClientLink implements ClientLink {
  readonly #makeSocket: () => Dealer;
  readonly #address: string;
  readonly #options: ConnectOptions;
  readonly #counters = new LinkCounters();
  readonly #refused = countRefusals(this.#counters);
  #socket: Dealer;
  #watch: ConnectionWatch;
  #isClosed = false;

  constructor(makeSocket: () => Dealer, address: string, options: ConnectOptions) {
    this.#makeSocket = makeSocket;
    this.#address = address;
    this.#options = options;
    [this.#socket, this.#watch] = this.#connect();
  }

  send(frames: Frames): void {
    this.#counters.countSend(!this.#isClosed);
    if (this.#isClosed) return;
    this.#socket.send([...frames]).then(undefined, this.#refused);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch.stop();
    this.#socket.close();
  }

  #connect(): [Dealer, ConnectionWatch] {
    const socket = this.#makeSocket();
    const watch = new ConnectionWatch({ opened: () => this.#opened(socket), stalled: this.#renew });
    void listenToSocket(socket.events, (event) => {
      if (!socket.closed) watch.heard(event);
    });
    void receiveLoop(socket, (message) => {
      this.#counters.countReceived();
      this.#options.receive(message);
    });
    socket.connect(this.#address);
    return [socket, watch];
  }

  /**
   * The library learns of the new pipe by a message from the I/O thread, which it may put off reading for a millisecond:
   * looking at `writable` makes it read, so that what is said in `opened` has a pipe to go to.
   */
  #opened(socket: Dealer): void {
    if (socket.writable) this.#options.opened?.();
  }

  readonly #renew = (): void => {
    this.#socket.linger = 0;
    this.#socket.close();
    [this.#socket, this.#watch] = this.#connect();
  };
}
