/**
 * One direction of one connection of a memory network: keeps order, holds a limited number, can lose all it holds.
 * One scheduled run empties as much as is due, so a burst costs one event, and no closure per message.
 */
import type { Gate } from "./gate.ts";
import { asSoonAsPossible, type Scheduler } from "./scheduler.ts";

interface Held<Payload> {
  readonly at: number;
  readonly payload: Payload;
}

export interface NetworkPipeOptions<Payload> {
  readonly clock: Scheduler;
  readonly messagesMax: number;
  readonly deliver: (payload: Payload) => void;
  /** While shut, all that arrives stays in the pipe. */
  readonly gate: Gate;
  /** A pipe that was full has room again. */
  readonly roomMade?: (() => void) | undefined;
}

export class NetworkPipe<Payload> {
  readonly #clock: Scheduler;
  readonly #messagesMax: number;
  readonly #deliver: (payload: Payload) => void;
  readonly #gate: Gate;
  readonly #roomMade: (() => void) | undefined;
  #held: Held<Payload>[] = [];
  #lastAt = Number.NEGATIVE_INFINITY;
  #isDiscarded = false;

  constructor(options: NetworkPipeOptions<Payload>) {
    this.#clock = options.clock;
    this.#messagesMax = options.messagesMax;
    this.#deliver = options.deliver;
    this.#gate = options.gate;
    this.#roomMade = options.roomMade;
  }

  get hasRoom(): boolean {
    return !this.#isDiscarded && this.#held.length < this.#messagesMax;
  }

  /** When the newest message is due: nothing of a later connection may come before it. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** Due at `at`, but not before what was put in earlier. False if the pipe is full. */
  put(payload: Payload, at: number): boolean {
    if (!this.hasRoom) return false;
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
    if (this.#gate.isShut) {
      this.#gate.whenOpened(() => this.#clock.schedule(asSoonAsPossible, this.#run));
      return;
    }
    const wasFull = !this.hasRoom;
    const due = this.#takeDue();
    const next = this.#held[0];
    if (next !== undefined) this.#clock.schedule(next.at, this.#run);
    for (const [index, { payload }] of due.entries()) {
      // A receiver may cut the connection: then the rest is lost. Or stop reading: then it stays.
      if (this.#isDiscarded) return;
      if (this.#gate.isShut) {
        this.#putBack(due.slice(index));
        break;
      }
      this.#deliver(payload);
    }
    if (wasFull && this.hasRoom) this.#roomMade?.();
  };

  #putBack(unread: Held<Payload>[]): void {
    if (this.#held.length === 0) this.#clock.schedule(asSoonAsPossible, this.#run);
    this.#held = [...unread, ...this.#held];
  }

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
