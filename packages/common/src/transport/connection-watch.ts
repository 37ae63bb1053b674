/**
 * Finds a connecting socket that has given up. The library reconnects after most endings, but not after a protocol error
 * (something else answered at that address, or bytes were damaged) nor after a refusal for good; it says nothing then.
 * And a peer whose first bytes look like those of a very old version is kept for ever without a handshake.
 *
 * So each event sets a span within which the next step must follow; the socket is made anew when it does not.
 */
import { linkLimits } from "./limits.ts";
import type { SocketEvent } from "./socket-events.ts";

export interface ConnectionWatchOptions {
  /** A connection stands. */
  readonly opened: () => void;
  /** The socket will not come back by itself. */
  readonly stalled: () => void;
}

/** How long the library may take to the next step; undefined: as long as it likes, it will take one. */
function patienceMs(event: SocketEvent): number | undefined {
  switch (event) {
    case "connect":
      return linkLimits.handshakeMs + linkLimits.stallMs;
    case "disconnect":
    case "handshake:error:protocol":
    case "handshake:error:auth":
    case "handshake:error:other":
      return linkLimits.stallMs;
    default:
      return undefined;
  }
}

export class ConnectionWatch {
  readonly #options: ConnectionWatchOptions;
  #timeout: NodeJS.Timeout | undefined;

  constructor(options: ConnectionWatchOptions) {
    this.#options = options;
  }

  heard(event: SocketEvent): void {
    this.stop();
    const ms = patienceMs(event);
    if (ms !== undefined) this.#timeout = setTimeout(this.#options.stalled, ms);
    if (event === "handshake") this.#options.opened();
  }

  stop(): void {
    clearTimeout(this.#timeout);
  }
}
