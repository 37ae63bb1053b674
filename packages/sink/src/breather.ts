/**
 * Lets the event loop turn while a loop over results always finds another one.
 *
 * Results that are here are handed over without leaving the microtask queue. That is fast, but nothing else runs
 * meanwhile: no socket is read, no heartbeat sent, no commit told. So after some milliseconds a loop waits for a turn.
 * The clock is not read for every result: how often follows from how long the last ones took.
 */

/** A turn of a loop over results. A hundredth of what a peer waits before it takes silence for death. */
const turnMs = 10;
/** How long it may go on without reading the clock, and how many results at most. */
const blindMs = 1;
const blindResultsMax = 32;

export class Breather {
  readonly #now: () => number;
  #beganAt: number;
  #lookedAt: number;
  /** Results from one look at the clock to the next. */
  #stride = 1;
  /** Calls until the next look. The first call of a turn comes before any result. */
  #blind = 2;

  constructor(now: () => number) {
    this.#now = now;
    this.#beganAt = now();
    this.#lookedAt = this.#beganAt;
  }

  /** Whether one more result may be handed over in this turn. */
  mayGoOn(): boolean {
    this.#blind -= 1;
    return this.#blind > 0 || this.#look();
  }

  /** The event loop has turned. */
  turned(): void {
    this.#beganAt = this.#now();
    this.#lookedAt = this.#beganAt;
    this.#blind = this.#stride + 1;
  }

  #look(): boolean {
    const now = this.#now();
    const perResultMs = (now - this.#lookedAt) / this.#stride;
    this.#stride = Math.max(1, Math.min(blindResultsMax, Math.floor(blindMs / perResultMs)));
    this.#blind = this.#stride;
    this.#lookedAt = now;
    return now - this.#beganAt < turnMs;
  }
}
