/** How long nothing ended although something was to be done: the longest of such spans. */
export class Pauses {
  longestMs = 0;
  #ended = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** `ended`: results so far. `isWorkLeft`: whether anything waits for one. */
  look(now: number, ended: number, isWorkLeft: boolean): void {
    const hasMoved = ended !== this.#ended;
    this.#ended = ended;
    if (isWorkLeft) this.longestMs = Math.max(this.longestMs, now - this.#since);
    if (hasMoved || !isWorkLeft) this.#since = now;
  }
}
