/** Lets results go when their time is over, a step at a time, so that a million of them never hold up a commit. */

export interface ExpiryHost {
  /** When the oldest result was committed, in milliseconds of the wall clock. */
  oldest(): number | undefined;
  expire(before: number, answered: (isWritten: boolean) => void): void;
}

const everyMsMax = 60_000;
/** Between two steps while there is more to do. */
const stepMs = 20;

export class ExpiryTimer {
  readonly #keepForMs: number;
  readonly #host: ExpiryHost;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(keepForMs: number, host: ExpiryHost) {
    this.#keepForMs = keepForMs;
    this.#host = host;
    this.#wait(0);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#step(), ms);
    // Only a sink that runs is a reason to go on.
    this.#timer.unref();
  }

  #step(): void {
    const before = Date.now() - this.#keepForMs;
    const oldest = this.#host.oldest();
    if (oldest === undefined || oldest >= before) {
      const due = oldest === undefined ? this.#keepForMs : oldest - before;
      return this.#wait(Math.min(everyMsMax, due + 1));
    }
    this.#host.expire(before, (isWritten) => this.#wait(isWritten ? stepMs : 1_000));
  }
}
