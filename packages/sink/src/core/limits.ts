/** Every limit of a sink, with its unit in its name, why it is what it is, and what grows if it is raised. */
export interface SinkLimits {
  /**
   * Results of one definition that may wait for a loop, over all workers. Default 65,536: a tenth of a second at the
   * fastest rate measured. Raised: memory, and what is offered again after a crash of the sink.
   */
  readonly waitingResultsMax: number;
  /** The same in bytes of encoded outputs. Default 64 MiB, one message of the largest size. Raised: memory. */
  readonly waitingBytesMax: number;
  /**
   * Results of one definition that one worker may have under way or waiting. Default 16,384, four of the largest
   * messages, so that one worker alone is never slowed down by the way there and back. Raised: burst size.
   */
  readonly windowResultsMax: number;
  /** The same in bytes. Default 16 MiB: the largest payload. Raised: burst size. */
  readonly windowBytesMax: number;
  /**
   * Closed origins that are remembered; beyond it the oldest is forgotten, and what a worker might still offer of it
   * would pass for new. Default 100,000: as many starts of producers. Raised: about 100 bytes each.
   */
  readonly closedOriginsMax: number;
  /**
   * Once a ventilator has said that no worker has anything left of its pushed tasks: so many heartbeat intervals without an
   * outcome, and the others are missing. Default 2: what is in a pipe is read in milliseconds. Raised: later certainty.
   */
  readonly pushIdleHeartbeats: number;
  /** While that is not said: so long without an outcome and a word. Default 30,000 ms, as a worker's grace. */
  readonly pushBusyMs: number;
  /** Origins of the push lane that are kept; beyond it the one that is quiet for longest is forgotten. Default 10,000. */
  readonly pushOriginsMax: number;
  /** From a store that has no room to the next try. Default 1,000 ms. Raised: how long it goes on not to know of new room. */
  readonly storeFullRetryMs: number;
  /** How long results wait without any loop that reads them before that is reported. Default 1,000 ms. */
  readonly unreadAfterMs: number;
}

const MiB = 1024 * 1024;

export const defaultLimits: SinkLimits = {
  waitingResultsMax: 65_536,
  waitingBytesMax: 64 * MiB,
  windowResultsMax: 16_384,
  windowBytesMax: 16 * MiB,
  closedOriginsMax: 100_000,
  pushIdleHeartbeats: 2,
  pushBusyMs: 30_000,
  pushOriginsMax: 10_000,
  storeFullRetryMs: 1_000,
  unreadAfterMs: 1_000,
};

/** How many tasks a report names; it counts the others. Raised: the length of a log line. */
export const shownTasksMax = 100;
