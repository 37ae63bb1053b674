/** Every limit of the submitter, with the reason for the figure and what grows if it is raised. */

const MiB = 1024 * 1024;

export const submitLimits = {
  /** Tasks handed over at once. Above this a batch gains nothing measurable. Raised: what one slow task keeps in memory. */
  batchTasksMax: 1024,
  /** Bytes after which a batch takes nothing more; its last value may pass it. Raised: the same. */
  batchBytesMax: 1 * MiB,
  /**
   * Tasks of `submit` and `run` calls that wait for credit. A loop that never awaits would otherwise end in a process out
   * of memory. Raised: memory.
   */
  queuedTasksMax: 1_000_000,
  /** Their encoded bytes. */
  queuedBytesMax: 1024 * MiB,
  /** While this much waits for credit, `submitMany` and `map` read no further. Raised: memory. */
  readAheadBytesMax: 16 * MiB,
  /** Tasks of one `submitMany` that wait to be accepted: several messages on their way, some in the making. */
  unacceptedTasksMax: 8192,
  /** `map`: enough for a few batches per worker on a local network. Raised: memory. */
  inFlightDefault: 1024,
  inFlightMax: 1_000_000,
  /**
   * `map` reads no further while what it has in flight may come to more than this: 40 frames of full HD video, enough for the
   * slots of a few machines. Raised: memory.
   */
  inFlightBytesMax: 256 * MiB,
  /** Ranges of settled seqs remembered per origin and outcome, so that a late `cancel` is told what stands. */
  settledRangesMax: 4096,
  /** Deadlines are noticed at most this much late, so that one timer serves many. */
  deadlineStepMs: 5,
} as const;
