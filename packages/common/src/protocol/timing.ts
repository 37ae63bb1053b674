/**
 * Every span that two ends must agree on, and how they relate.
 *
 * Heartbeats: 750 ms × 3 finds a dead peer in about two seconds and survives two lost beats. The ZeroMQ Guide's Paranoid
 * Pirate uses 1 s × 3 to 5; a second less of waiting is worth a third more of tiny messages.
 */

export interface Timing {
  /** Interval of heartbeats, both ways, in every session. */
  readonly heartbeatMs: number;
  /** Intervals a peer may stay silent before it is gone. */
  readonly liveness: number;
  /** First wait before HELLO is said again; doubles up to `heartbeatMs`. */
  readonly helloRetryMs: number;
  /** Without a session for this long, a client says once that nobody is there. */
  readonly unreachableAfterMs: number;
}

export const defaultTiming: Timing = {
  heartbeatMs: 750,
  liveness: 3,
  helloRetryMs: 25,
  unreachableAfterMs: 5_000,
};

/** The longest silence that is not yet a death. */
export const silenceLimitMs = (timing: Timing): number => timing.heartbeatMs * timing.liveness;
