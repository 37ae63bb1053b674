/** What a process of a run needs of the role in it. */
import pino from "pino";
import type { Counts, Endpoints } from "./role-options.ts";

export interface RunningRole {
  readonly endpoints: Endpoints;
  counts(): Counts;
  /** Where it begins things by itself: begins nothing new, and resolves when the rest is over. */
  finish?(): Promise<void>;
  leave(): Promise<void>;
  /** Rejects when it cannot go on. */
  readonly closed?: Promise<void>;
}

export const anyPort = "tcp://127.0.0.1:*";

/** On stderr, which is a file of the run's. */
export const log = pino({ level: "info" }, pino.destination({ dest: 2, sync: true }));
