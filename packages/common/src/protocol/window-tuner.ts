/**
 * How many tasks a worker should hold of one definition: enough to be busy while the next batch is on its way, and no
 * more, because what it holds nobody else can run.
 *
 * The window is `targetMs` of work at the measured rate, at least one task per slot. It at most doubles per step, so one
 * burst of trivial tasks does not make a worker grab the queue, and it falls at once when tasks become slower.
 */

export interface WindowLimits {
  /** Work to keep in hand. */
  readonly targetMs: number;
  /** At least this many tasks: one per slot. */
  readonly minTasks: number;
  readonly maxTasks: number;
}

/** A measurement shorter than this says little about a rate. */
const stepMs = 5;

export class WindowTuner {
  readonly #limits: WindowLimits;
  #tasks: number;
  #finished = 0;
  #since: number | undefined;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
    this.#tasks = limits.minTasks;
  }

  /** The present window in tasks. */
  get tasks(): number {
    return this.#tasks;
  }

  /** So many tasks have settled; `isBusy`: there was work to do all the time since the last call. */
  settled(now: number, count: number, isBusy: boolean): void {
    if (this.#since === undefined || !isBusy) {
      this.#since = isBusy ? now : undefined;
      this.#finished = 0;
      return;
    }
    this.#finished += count;
    const elapsedMs = now - this.#since;
    if (elapsedMs < stepMs) return;
    const wanted = Math.ceil((this.#finished / elapsedMs) * this.#limits.targetMs);
    const bounded = Math.min(wanted, this.#tasks * 2, this.#limits.maxTasks);
    this.#tasks = Math.max(bounded, this.#limits.minTasks);
    this.#since = now;
    this.#finished = 0;
  }
}
