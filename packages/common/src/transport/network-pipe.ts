/**
 * One direction of one connection of a memory network: keeps order, holds a limited number, can lose all it holds.
 * One scheduled run empties as much as is due, so a burst costs one event, and no closure per message.
 */
import type { Scheduler } from "./scheduler.ts";

interface Held<Payload> {
  readonly at: number;
  readonly payload: Payload;
}

export class NetworkPipe<Payload> {
  readonly #clock: Scheduler;
  readonly #messagesMax: number;
  readonly #deliver: (payload: Payload) => void;
  #held: Held<Payload>[] = [];
  #lastAt = Number.NEGATIVE_INFINITY;
  #isDiscarded = false;

  constructor(clock: Scheduler, messagesMax: number, deliver: (payload: Payload) => void) {
    this.#clock = clock;
    this.#messagesMax = messagesMax;
    this.#deliver = deliver;
  }

  /** When the newest message is due: nothing of a later connection may come before it. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** Due at `at`, but not before what was put in earlier. False if the pipe is full. */
  put(payload: Payload, at: number): boolean {
    if (this.#isDiscarded || this.#held.length >= this.#messagesMax) return false;
    this.#lastAt = Math.max(at, this.#lastAt);
    if (this.#held.push({ at: this.#lastAt, payload }) === 1) this.#clock.schedule(this.#lastAt, this.#run);
    return true;
  }

  /** All that is under way is lost, and whatever is put in from now on. */
  discard(): void {
    this.#isDiscarded = true;
    this.#held = [];
  }

  readonly #run = (): void => {
    const due = this.#takeDue();
    const next = this.#held[0];
    if (next !== undefined) this.#clock.schedule(next.at, this.#run);
    for (const { payload } of due) {
      // A receiver may cut the connection: then the rest is lost.
      if (this.#isDiscarded) return;
      this.#deliver(payload);
    }
  };

  #takeDue(): Held<Payload>[] {
    const held = this.#held;
    // Most often all is due: the whole array changes hands.
    if (this.#lastAt === Number.NEGATIVE_INFINITY || this.#lastAt <= this.#clock.now()) {
      this.#held = [];
      return held;
    }
    const now = this.#clock.now();
    const firstLater = held.findIndex(({ at }) => at > now);
    return held.splice(0, firstLater === -1 ? held.length : firstLater);
  }
}
