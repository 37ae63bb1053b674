/**
 * What every pure core offers to whatever runs it.
 *
 * All of it is called one at a time and never from inside a `send`. Order of a turn: whatever came in, then `wake` if it
 * is due, then `flush`, then `wakeAt` is asked. A throw is a bug: the core is never called again.
 *
 * `now` is monotonic milliseconds, fractions allowed.
 */
import type { Message } from "../wire/index.ts";
import type { Route } from "./link.ts";

/** Where something came from. `route` only where the channel is a bound one. */
export interface From {
  readonly channel: string;
  readonly route: Route | undefined;
}

export interface Core {
  /** A decoded message came in. */
  receive(now: number, from: From, message: Message): void;
  /** Bytes that were not a message came in. Counted and logged by the core, never answered. */
  violation(now: number, from: From, reason: string): void;
  /** A connected channel's connection stands, for the first time or anew. A hint that saves waiting; it may never come. */
  opened?(now: number, channel: string): void;
  /** A writing channel that was found not writable can take a message again. */
  drained?(now: number, channel: string): void;
  /** Send what was gathered. Called once after each turn in which anything was received, submitted or woken. */
  flush(now: number): void;
  /**
   * Time-driven work: heartbeats, liveness, retries. Called at or after `wakeAt()`, and after everything that had come in
   * by then was received. `lateMs`: how long after.
   */
  wake(now: number, lateMs: number): void;
  /** When `wake` is wanted next; Infinity for never. If `wake` leaves it in the past, it comes again 1 ms later. */
  wakeAt(): number;
}
