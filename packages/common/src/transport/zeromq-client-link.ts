/** A client over ZeroMQ: one connection after the other, with a wait in between that grows while nobody is there. */
import { linkLimits } from "./limits.ts";
import type { ClientLink, ConnectOptions, Frames, LinkStats } from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import type { ConnectionHandlers, ZeromqConnection } from "./zeromq-connection.ts";
import { countRefusals } from "./zeromq-sockets.ts";

export interface ClientLinkPort {
  /** Begins to connect. */
  readonly connect: (handlers: ConnectionHandlers) => ZeromqConnection;
  /** Evenly distributed in [0, 1). */
  readonly random: () => number;
}

export class ZeromqClientLink implements ClientLink {
  readonly #port: ClientLinkPort;
  readonly #handlers: ConnectionHandlers;
  readonly #counters = new LinkCounters();
  readonly #refused = countRefusals(this.#counters);
  #connection: ZeromqConnection;
  #retryTimeout: NodeJS.Timeout | undefined;
  #retryMs: number = linkLimits.reconnectMs;
  #closing: Promise<void> | undefined;

  constructor(port: ClientLinkPort, { receive, opened }: ConnectOptions) {
    this.#port = port;
    this.#handlers = {
      opened: () => {
        this.#retryMs = linkLimits.reconnectMs;
        opened?.();
      },
      receive: (frames) => {
        this.#counters.countReceived();
        receive(frames);
      },
      ended: () => this.#retryLater(),
    };
    this.#connection = port.connect(this.#handlers);
  }

  send(frames: Frames): void {
    const isOpen = this.#connection.isOpen;
    this.#counters.countSend(isOpen);
    if (isOpen) this.#connection.send(frames).then(undefined, this.#refused);
  }

  stats(): LinkStats {
    return this.#counters.snapshot();
  }

  close(): Promise<void> {
    clearTimeout(this.#retryTimeout);
    this.#closing ??= this.#connection.close();
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
