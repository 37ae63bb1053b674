/** One connection after the other to the same place, with a wait in between that grows while nobody is there. */
import { linkLimits } from "./limits.ts";
import type { Connection, ConnectionHandlers, ConnectionSocket } from "./zeromq-connection.ts";

export interface KeptConnectionPort<Socket extends ConnectionSocket> {
  /** Begins to connect. */
  readonly connect: (handlers: ConnectionHandlers) => Connection<Socket>;
  /** Evenly distributed in [0, 1). */
  readonly random: () => number;
}

export class KeptConnection<Socket extends ConnectionSocket> {
  readonly #port: KeptConnectionPort<Socket>;
  readonly #handlers: ConnectionHandlers;
  #connection: Connection<Socket>;
  #retryTimeout: NodeJS.Timeout | undefined;
  #retryMs: number = linkLimits.reconnectMs;
  #closing: Promise<void> | undefined;

  constructor(port: KeptConnectionPort<Socket>, { opened, receive, ended }: ConnectionHandlers) {
    this.#port = port;
    this.#handlers = {
      opened: () => {
        this.#retryMs = linkLimits.reconnectMs;
        opened();
      },
      receive,
      ended: () => {
        ended();
        this.#retryLater();
      },
    };
    this.#connection = port.connect(this.#handlers);
  }

  /** To talk through; undefined while there is no connection, and after `close`. */
  get open(): Socket | undefined {
    return this.#connection.isOpen ? this.#connection.socket : undefined;
  }

  /** `lingerMs`: how long what was sent has to leave; default: as the socket was made. */
  close(lingerMs?: number): Promise<void> {
    clearTimeout(this.#retryTimeout);
    this.#closing ??= this.#connection.close(lingerMs);
    return this.#closing;
  }

  /** Drawn from the upper half of the wait, so that those who lost the same server do not come back in step. */
  #retryLater(): void {
    if (this.#closing !== undefined) return;
    const waitMs = (this.#retryMs * (1 + this.#port.random())) / 2;
    this.#retryMs = Math.min(2 * this.#retryMs, linkLimits.reconnectMsMax);
    this.#retryTimeout = setTimeout(() => {
      this.#connection = this.#port.connect(this.#handlers);
    }, waitMs);
  }
}
