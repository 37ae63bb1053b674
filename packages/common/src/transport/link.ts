/**
 * The port between the protocol and whatever carries its frames.
 *
 * A link promises little, so that every carrier can keep it: a message arrives whole or not at all, and those that
 * arrive on one connection arrive in order. Messages may be lost in silence (a cut connection, a full pipe, nobody
 * there); nothing above may depend on one arriving. Repeating, numbering and noticing silence belong to the session.
 */

/** The frames of one message. Never written to after they were handed over, by either side. */
export type Frames = readonly Uint8Array[];

/** One connection of one peer, as the binding side knows it. A peer that reconnects comes under a new one. */
export type Route = string;

/** Messages since the link was made. `dropped` are those that `send` could not hand over. */
export interface LinkStats {
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
}

export interface ServerLink {
  /** Where peers can connect: wildcard ports resolved. */
  readonly endpoint: string;
  /** Hands a message over. Dropped, and counted, if the route is unknown or its pipe is full. */
  send(route: Route, frames: Frames): void;
  stats(): LinkStats;
  /** Receives nothing more at once; resolves when the endpoint is free again. Harmless twice. */
  close(): Promise<void>;
}

export interface ClientLink {
  /** Hands a message over. Dropped, and counted, while nobody is there or the pipe is full. */
  send(frames: Frames): void;
  stats(): LinkStats;
  /** Receives nothing more at once; resolves when what was handed over has left, or its short time is up. Harmless twice. */
  close(): Promise<void>;
}

export interface BindOptions {
  /** Called for each message, never inside `bind` or `send`. Must not throw. */
  readonly receive: (route: Route, frames: Frames) => void;
}

export interface ConnectOptions {
  /** Called for each message, never inside `connect` or `send`. Must not throw. */
  readonly receive: (frames: Frames) => void;
  /**
   * Called when a connection has been made, the first time or anew: what is said now has somebody to go to. A hint
   * that saves waiting; it may never come, and somebody there is no proof of somebody who answers. Must not throw.
   */
  readonly opened?: (() => void) | undefined;
}

export interface Transport {
  /**
   * Binds an endpoint.
   *
   * Errors: `TQ_ERR_ADDRESS_IN_USE`, `TQ_ERR_INVALID_ENDPOINT`.
   */
  bind(endpoint: string, options: BindOptions): Promise<ServerLink>;
  /**
   * Connects, and keeps reconnecting until closed. Returns at once: whether somebody is there is learned by talking.
   *
   * Errors: `TQ_ERR_INVALID_ENDPOINT`, thrown.
   */
  connect(endpoint: string, options: ConnectOptions): ClientLink;
  /** Releases what all links share, after they are closed. */
  close(): Promise<void>;
}
