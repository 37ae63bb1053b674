/**
 * Links over which events spread, from publishers to whoever has subscribed; subscriptions flow the other way.
 *
 * Either end may bind: a publisher to which subscribers come, or a proxy to which both come. They promise even less than
 * other links: what somebody cannot take is dropped for them alone, in silence, and nobody waits.
 */
import type { Frames, LinkStats } from "./link.ts";

/** `publisher` sends events and receives subscriptions, `subscriber` the reverse. */
export type EventLinkSide = "publisher" | "subscriber";

export interface EventLink {
  /** Where it is bound, wildcards resolved; or what it connects to. */
  readonly endpoint: string;
  /** Whether what is sent now can go somewhere: always where it is bound, else while there is a connection. */
  readonly isOpen: boolean;
  send(frames: Frames): void;
  stats(): LinkStats;
  /** Receives nothing more at once; resolves when what was handed over has left, or its short time is up. Harmless twice. */
  close(): Promise<void>;
}

export interface EventLinkOptions {
  /** Called for each message, never inside `bindEvents` or `send`. Must not throw. */
  readonly receive: (frames: Frames) => void;
  /** A connecting end has a connection. Something may have been received on it before. */
  readonly opened?: (() => void) | undefined;
  /** That connection is over, or an attempt was in vain. */
  readonly ended?: (() => void) | undefined;
}

export interface EventTransport {
  /**
   * Binds one end.
   *
   * Errors: `TQ_ERR_ADDRESS_IN_USE`, `TQ_ERR_BIND_FAILED`, `TQ_ERR_INVALID_ENDPOINT`.
   */
  bindEvents(side: EventLinkSide, endpoint: string, options: EventLinkOptions): Promise<EventLink>;
  /**
   * Connects, and keeps reconnecting until closed. What either side had subscribed ends with each connection.
   *
   * Errors: `TQ_ERR_INVALID_ENDPOINT`, thrown.
   */
  connectEvents(side: EventLinkSide, endpoint: string, options: EventLinkOptions): EventLink;
  /** Closes all its links. */
  close(): Promise<void>;
}
