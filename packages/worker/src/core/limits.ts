/** Every limit of a worker, with its unit in its name, and what grows if it is raised. */
import { wireLimits } from "@tq/common/wire";

const MiB = 1024 * 1024;

export interface WorkerLimits {
  /** Tasks of one definition granted ahead. */
  readonly windowTasksMax: number;
  /** Bytes of inputs of one definition granted ahead. */
  readonly windowBytesMax: number;
  /** Results of one definition that wait for their commit; at the limit nothing more is granted for it. */
  readonly uncommittedTasksMax: number;
  /** Their bytes. */
  readonly uncommittedBytesMax: number;
  /** One encoded output or progress value, in bytes. */
  readonly payloadBytesMax: number;
}

export const defaultLimits: WorkerLimits = {
  // 20 ms of work at 400,000 tasks per second. Raised: what is run again when this worker dies.
  windowTasksMax: 8192,
  // Raised: memory of inputs that wait.
  windowBytesMax: 16 * MiB,
  // Twice the window, so that a sink's pause of some milliseconds stops nothing. Raised: memory while a sink is away.
  uncommittedTasksMax: 16_384,
  uncommittedBytesMax: 64 * MiB,
  payloadBytesMax: wireLimits.payloadBytesMax,
};

export const coreLimits = {
  /** Work to have in hand, at the measured rate: many round trips of a local network, and soon given back. */
  windowTargetMs: 20,
  /**
   * A pause without work counts at most this long against the rate of a definition: over a slow network the window
   * would else shrink just because it was too small.
   */
  idleGapMsMax: 2,
  /** One RESULTS message is closed at this size; one payload may still exceed it. Raised: latency of what waits behind. */
  resultsBytesTarget: 1 * MiB,
  tasksPerMessageMax: wireLimits.tasksPerMessageMax,
  idsPerMessageMax: wireLimits.idsPerMessageMax,
  /** How long a handler may take to heed its signal, before its slot is given to another and it is named in the log. */
  abortGraceMs: 5_000,
  /** Failed attempts reported per second; the others are counted. Raised: log lines of a handler that always fails. */
  failuresReportedPerSecond: 20,
  /** While pushed tasks are run, their counts are said so often at most. Raised: slower growth of a ventilator's window. */
  tallyEveryMs: 20,
  /** Starts of one ventilator whose pushed tasks are counted. Raised: some hundred bytes each. */
  pushBootsMax: 4,
  /** How long outcomes of pushed tasks may wait for a sink's pipe before it is said. Raised: later news of a sink that is not right. */
  pushStuckAfterMs: 5_000,
  /** Origins without attempts that an index keeps, to be ready for more of them. Raised: some hundred bytes each. */
  idleOriginsMax: 64,
} as const;

/**
 * Window and uncommitted results, in tasks, that each of so many definitions may have. All attempts of a worker must fit
 * into the `held` of one heartbeat: for every definition a window, and three times as much that is uncommitted. What sinks
 * have beyond their shares of the bound is part of that, and counts against the bound as soon as it would be more.
 */
export const sharesOf = (
  limits: WorkerLimits,
  { slots, definitions }: { slots: number; definitions: number },
): { windowTasksMax: number; uncommittedTasksMax: number; excessTasksMax: number } => {
  const quarter = Math.max(1, Math.floor(wireLimits.idsPerMessageMax / 4 / Math.max(1, definitions)));
  const uncommittedTasksMax = Math.min(limits.uncommittedTasksMax, quarter * 2);
  return {
    windowTasksMax: Math.min(Math.max(limits.windowTasksMax, slots), quarter),
    uncommittedTasksMax,
    excessTasksMax: quarter * 3 - uncommittedTasksMax,
  };
};
