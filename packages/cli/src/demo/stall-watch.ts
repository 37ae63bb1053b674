/** Ends a demo in which nothing moves any more: in a pipeline of scripts, a failure is better than silence. */
import { TqError } from "@tq/common";

/** Longer than files of gigabytes take on a busy machine, and than it takes to find out that a worker is gone. */
const stallMs = 600_000;

export class StallWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #results = -1;

  constructor(onStalled: (error: TqError) => void) {
    const error = new TqError("TQ_ERR_DEADLINE_EXCEEDED", `no result for ${stallMs / 1000} s; giving up`);
    this.#timer = setTimeout(() => onStalled(error), stallMs);
  }

  /** How many results there are by now. */
  see(results: number): void {
    if (results === this.#results) return;
    this.#results = results;
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
