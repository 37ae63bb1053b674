/** What `startSink` gives: the public face of a running sink. */
import type { AnyTask, Result, TaskOutput } from "@tq/common";
import type { EventsOptions } from "@tq/common/event-stream";
import type { TqEvent } from "@tq/common/events";
import type { CompressionStats } from "@tq/common/transport";
import type { SinkCoreStats } from "./core/sink-core.ts";

/** How long draining may take. */
export interface DrainOptions {
  /** How long loops have to take what is here. Default 25,000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** Numbers of a sink: peers and results, now and since its start. */
export interface SinkStats extends SinkCoreStats {
  /** Outputs that could not be read here, or did not fit the loop's schema. */
  readonly lostOutputs: number;
  readonly compression: CompressionStats;
}

/**
 * Results to loop over, once at a time.
 *
 * A result is done with when the loop asks for the next one. `break` or a throw leaves the current one; it is offered again,
 * first, to the next loop. A loop ends when the sink closes.
 *
 * Without a store that is also when it is committed, that is final for everybody. With a store it is committed when it is
 * stored, whether or not a loop reads, and loops read from the store: each consumer gets every result, from where it was
 * when it last stopped, also over restarts. Its place is written with the next results, or milliseconds later: after a kill a
 * loop may get again what it took last.
 *
 * Results are the loop's own. Binaries of 32 KiB and more are not copied for it: what it wrote to them is there when one is offered
 * again.
 */
export interface Results<Output> extends AsyncIterable<Result<Output>> {
  /** The same, as many at a time as came together, committed together: for inserting them into something at once. */
  batches(): AsyncIterable<readonly Result<Output>[]>;
}

/** How a loop reads. */
export interface ResultsOptions {
  /**
   * Whose place in the store the loop goes on from, and moves: 1 to 4,096 characters. Each consumer reads all results, at its own
   * pace. Default `main`. Only with a store.
   */
  readonly consumer?: string | undefined;
}

/**
 * A consumer of all results of a store that keeps its own account of what it has done, so as to do it once: for writing them
 * to a file, a database or another queue.
 */
export interface ResultCursor {
  /** A number of the consumer's own, such as the length of the file that it writes, saved with its last move. */
  readonly note: number | undefined;
  /** The next ones, up to about a thousand, outputs as they came; waits until there are some. None when the sink closes. */
  next(): Promise<readonly Result[] | undefined>;
  /** All that `next` has given is done with: saved soon, together with the note. */
  move(note?: number): void;
  /** Saves a note where it stands. */
  save(note: number): void;
  /** Resolves when the last move is on disk. Rejects if the store fails, or with `TQ_ERR_CLOSED` if it closes before. */
  saved(): Promise<void>;
  /** Another may take over. Harmless twice. */
  close(): void;
}

/** A running sink. */
export interface Sink extends AsyncDisposable {
  /** Resolved: a wildcard port is the one that was taken. */
  readonly endpoint: string;
  /** Where outcomes of the push lane arrive, resolved; absent without the option `push`. */
  readonly pushEndpoint: string | undefined;
  /** Where subscribers to its events connect, resolved; absent without the option `events`. */
  readonly eventsEndpoint: string | undefined;
  /** By which ventilators know it: with a store the same after every start, else drawn at this one. */
  readonly id: string;
  /**
   * The results of one definition: those with its name and contract id. Where either side has no contract id, the name
   * decides. Outputs are what the definition's schema makes of them. A completed result whose output does not fit it
   * comes as `failed`, with the code `TQ_ERR_INVALID_OUTPUT` in its error; for the ventilator it stays completed.
   *
   * Errors: `TQ_ERR_INVALID_TASK`, `TQ_ERR_CLOSED`; where the loop starts, `TQ_ERR_RESULTS_IN_USE`.
   */
  results<Task extends AnyTask>(task: Task, options?: ResultsOptions): Results<TaskOutput<Task>>;
  /**
   * The results that no loop over a definition reads, outputs as they came, not checked. A loop over a definition that
   * starts later gets its results from the next batch on. With a store, a definition that the same consumer has ever had a
   * loop over is left to that loop.
   *
   * Errors: `TQ_ERR_CLOSED`; where the loop starts, `TQ_ERR_RESULTS_IN_USE`.
   */
  results(task?: undefined, options?: ResultsOptions): Results<unknown>;
  /**
   * All results of the store for a consumer that saves a note with its place. As long as it is open nothing expires that it is not
   * done with; who wants that of what has expired since the last start, too, opens it in the turn in which `startSink` resolves.
   *
   * Errors: `TQ_ERR_INVALID_OPTION` without a store, `TQ_ERR_CLOSED`, `TQ_ERR_RESULTS_IN_USE`.
   */
  cursor(consumer: string): ResultCursor;
  stats(): SinkStats;
  /**
   * What happens here, while a loop reads it: first a `snapshot` of how things stand, then each event. A loop that is too
   * slow is told how many it missed (`events.missed`). Ends when the sink closes; `break` ends it sooner.
   *
   * Errors: `TQ_ERR_INVALID_OPTION` for a prefix that no event begins with, `TQ_ERR_CLOSED`.
   */
  events(options?: EventsOptions): AsyncIterable<TqEvent>;
  /**
   * Takes nothing new, lets the loops take what is here, or in the store, then closes. What is left when the time is over is logged, by id.
   * Outcomes of the push lane that are still in its pipe are lost: end the ventilators and workers first.
   *
   * Errors: `TQ_ERR_INVALID_OPTION`.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Ends all loops, says goodbye and frees the endpoint. What is not committed stays with its workers. Harmless twice. */
  close(): Promise<void>;
  /** Resolves once it is closed. Rejects with `TQ_ERR_STORAGE_FAILED` where it had to, because its store could not be written any more. */
  readonly closed: Promise<void>;
}
