/** The clock that a memory network runs on: the event loop's in earnest, a virtual one in simulations. */
export interface Scheduler {
  /** Milliseconds, monotonic, fractions allowed. */
  now(): number;
  /**
   * Runs `run` at the instant `at`, or as soon as possible if that is past; never inside this call. Those of one
   * instant run in the order of their calls.
   */
  schedule(at: number, run: () => void): void;
}

/** For `schedule`: no instant in particular, just not inside this call. */
export const asSoonAsPossible = Number.NEGATIVE_INFINITY;
