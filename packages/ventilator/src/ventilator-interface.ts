/** What a running ventilator can be asked and told. */
import type { EventsOptions } from "@tq/common/event-stream";
import type { TqEvent } from "@tq/common/events";
import type { DeadLetterBox, TaskSubmitter } from "@tq/common/submit";
import type { CompressionStats } from "@tq/common/transport";
import type { ControlCommand } from "@tq/common/wire";
import type { ControlOptions } from "./control.ts";
import type { ControlReport } from "./core/controls.ts";
import type { VentilatorStats as CoreStats } from "./core/ventilator-core.ts";

/** How long draining may take. */
export interface DrainOptions {
  /** How long to wait for unsettled tasks. Default 25,000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** Where a ventilator is bound; what it was not given is not there. */
export interface Endpoints {
  workers: string;
  producers?: string;
  push?: string;
  events?: string;
}

/** What a ventilator holds and has done. */
export interface VentilatorStats extends CoreStats {
  readonly compression: CompressionStats;
}

/** A running ventilator. Submits like a producer, without a network in between. */
export interface Ventilator extends TaskSubmitter, AsyncDisposable {
  readonly name: string;
  /** Resolved: a wildcard port is the one that was taken. */
  readonly endpoints: Readonly<Endpoints>;
  stats(): VentilatorStats;
  /**
   * What happens here, while a loop reads it: first a `snapshot` of how things stand, then each event. A loop that is too
   * slow is told how many it missed (`events.missed`). Ends when the ventilator closes; `break` ends it sooner.
   *
   * Errors: `TQ_ERR_INVALID_OPTION` for a prefix that no event begins with, `TQ_ERR_CLOSED`.
   */
  events(options?: EventsOptions): AsyncIterable<TqEvent>;
  /** Tasks that failed for good, until they are retried or discarded. */
  readonly dead: DeadLetterBox;
  /**
   * Tells all workers that match to `pause` tasks, to `resume` them, or to `drain`, and who of them has confirmed.
   *
   * `pause`: what runs goes on, what waits there comes back, and no more is handed out; workers that come later are told,
   * too, until a `resume` that matches. Of several commands that match a worker and a task the last one counts; `resume`
   * without a filter lifts all, and `stats().pauses` lists what holds. Only this ventilator's tasks are paused; pushed ones
   * wait here once all their workers are paused, and what has been sent runs.
   *
   * `drain`: the worker leaves, as at SIGTERM: it finishes what runs, leaves all of its ventilators, and ends; `tq worker`
   * starts no other process in its place. Confirmed once it has begun.
   *
   * Resolves when all have answered or are gone, at the latest after `timeoutMs`.
   *
   * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_LIMIT` (1,024 commands to pause and resume hold already), `TQ_ERR_CLOSED`.
   */
  control(command: ControlCommand, options?: ControlOptions): Promise<ControlReport>;
  /**
   * Takes nothing new and waits until everything is settled, or the time is over: what is left is logged, by id.
   *
   * Errors: `TQ_ERR_INVALID_OPTION`.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Says goodbye and frees the endpoints. Unsettled tasks end with it: call `drain` first. Harmless twice. */
  close(): Promise<void>;
  /**
   * Resolves once it is closed. Rejects with `TQ_ERR_STORAGE_FAILED` or `TQ_ERR_STORAGE_CORRUPT` if its journal could not be
   * written any more: it has closed by itself then, and has to be started anew.
   */
  readonly closed: Promise<void>;
}
