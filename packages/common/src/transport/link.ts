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

/**
 * The writing end of one-way pipes: each message goes to one of the readers that have room, in turn, and nobody says
 * whether it arrived. What lies in the pipe of a reader that leaves is lost with it.
 */
export interface PushLink {
  /** Where readers are: the bound endpoint, wildcard resolved, or the one it connects to. */
  readonly endpoint: string;
  /**
   * Whether a message can be handed over. Not while nobody is connected, and not while the one before still waits for
   * room: when all pipes are full, one message more waits here.
   */
  readonly isWritable: boolean;
  /** Hands a message over. Only while writable. */
  send(frames: Frames): void;
  /** `dropped`: handed over, and lost with the connection or the link before it had left. */
  stats(): LinkStats;
  /**
   * Takes nothing more; resolves when what was handed over has left, or its time is up: `lingerMs`, else a short one. Full
   * pipes may hold much, and nobody sends it again. Harmless twice.
   */
  close(options?: PushCloseOptions): Promise<void>;
}

/** How the writing end of one-way pipes closes. */
export interface PushCloseOptions {
  readonly lingerMs?: number | undefined;
}

/** The reading end of one-way pipes: takes from all writers in turn. */
export interface PullLink {
  /** Where writers are: the bound endpoint, wildcard resolved, or the one it connects to. */
  readonly endpoint: string;
  /** Nothing is received from now on, until `resume`: full pipes then hold the writers up. At most one message is held here. */
  pause(): void;
  resume(): void;
  stats(): LinkStats;
  /** Receives nothing more at once; what had arrived unread is lost. Resolves when the endpoint is free. Harmless twice. */
  close(): Promise<void>;
}

export interface PushOptions {
  /** Called when the link is writable again after `isWritable` was asked and was false; never inside a call. Must not throw. */
  readonly drained: () => void;
}

export interface PullOptions {
  /** Called for each message, never inside a call of the link's maker. Must not throw. */
  readonly receive: (frames: Frames) => void;
  /** Of a connecting end: a connection has been made, the first time or anew. A hint, as in {@link ConnectOptions}. */
  readonly opened?: (() => void) | undefined;
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
  /** Binds the writing end of one-way pipes. Errors as for `bind`. */
  bindPush(endpoint: string, options: PushOptions): Promise<PushLink>;
  /** Connects the writing end of one-way pipes, and keeps reconnecting. Errors as for `connect`. */
  connectPush(endpoint: string, options: PushOptions): PushLink;
  /** Binds the reading end of one-way pipes. Errors as for `bind`. */
  bindPull(endpoint: string, options: PullOptions): Promise<PullLink>;
  /** Connects the reading end of one-way pipes, and keeps reconnecting. Errors as for `connect`. */
  connectPull(endpoint: string, options: PullOptions): PullLink;
  /** Releases what all links share, after they are closed. */
  close(): Promise<void>;
}
