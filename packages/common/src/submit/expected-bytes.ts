/**
 * How many bytes the tasks of one `map` are likely to hold in this process, and whether there is room for one more.
 *
 * The outputs of what is in flight come when they come, and wait here for whoever reads the loop. How large they will be
 * nobody knows, so it is judged by what was seen: the outputs of late, and the inputs as long as these are large. A mean
 * that forgets, so that one large output among many small ones does not slow the map for ever.
 */
import { submitLimits } from "./limits.ts";

/** What one more sight weighs. */
const share = 1 / 8;

export class ExpectedBytes {
  #mean = 0;

  saw(bytes: number): void {
    this.#mean = this.#mean === 0 ? bytes : this.#mean + (bytes - this.#mean) * share;
  }

  /** One task is always allowed. */
  allows(inFlight: number): boolean {
    return inFlight * this.#mean < submitLimits.inFlightBytesMax;
  }
}
