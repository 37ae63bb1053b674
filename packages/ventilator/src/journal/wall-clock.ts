/**
 * The core's monotonic instants as milliseconds of the wall clock, which outlive a start, and back.
 *
 * If the wall clock jumps between two starts, delays and expiries are off by as much, and nothing else.
 */
export class WallClock {
  readonly #monotonicNow: () => number;
  readonly #wallNow: () => number;

  constructor(monotonicNow: () => number, wallNow: () => number = Date.now) {
    this.#monotonicNow = monotonicNow;
    this.#wallNow = wallNow;
  }

  toWall(at: number): number {
    return Math.round(at - this.#monotonicNow() + this.#wallNow());
  }

  fromWall(at: number): number {
    return at - this.#wallNow() + this.#monotonicNow();
  }
}
