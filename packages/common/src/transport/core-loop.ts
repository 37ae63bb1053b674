/**
 * One core and its turns: decodes what comes in, flushes once per turn, keeps the one timer. It has no Promise and knows
 * neither sockets nor the event loop, only a small host, so that a simulation runs the very turns that ship.
 */
import { decodeMessage } from "../wire/index.ts";
import type { Core, From } from "./core.ts";
import type { Frames } from "./link.ts";

/** What a loop needs of the world. */
export interface LoopHost {
  /** Milliseconds, monotonic, fractions allowed. */
  now(): number;
  /** Runs `run` when everything that has arrived by now is received; never inside this call; in the order of the calls. */
  atEndOfTurn(run: () => void): void;
  /** Runs `run` at `at` or a little later. Gives a function that cancels it. */
  timer(at: number, run: () => void): () => void;
}

export interface CoreLoopOptions {
  readonly core: Core;
  readonly host: LoopHost;
  /** The core threw: a bug. It is never called again. */
  readonly onFatal: (error: unknown) => void;
}

/** Between two wakes of a core that leaves `wakeAt()` in the past: it must not spin. */
const wakeAgainMs = 1;

export class CoreLoop {
  readonly #core: Core;
  readonly #host: LoopHost;
  readonly #onFatal: (error: unknown) => void;
  #isFlushDue = false;
  #isStopped = false;
  #timerAt = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor({ core, host, onFatal }: CoreLoopOptions) {
    this.#core = core;
    this.#host = host;
    this.#onFatal = onFatal;
    this.touch();
  }

  received(from: From, frames: Frames): void {
    this.#call((core, now) => {
      const decoded = decodeMessage(frames);
      if (decoded.ok) core.receive(now, from, decoded.message);
      else core.violation(now, from, decoded.reason);
    });
    this.touch();
  }

  opened(channel: string): void {
    this.#call((core, now) => core.opened?.(now, channel));
    this.touch();
  }

  drained(channel: string): void {
    this.#call((core, now) => core.drained?.(now, channel));
    this.touch();
  }

  /** Something was submitted, cancelled, …: one flush at the end of this turn, and a new look at `wakeAt`. */
  touch(): void {
    if (this.#isFlushDue || this.#isStopped) return;
    this.#isFlushDue = true;
    this.#host.atEndOfTurn(this.#endTurn);
  }

  /** Flushes at once: for the last words before a close. */
  flushNow(): void {
    this.#call((core, now) => core.flush(now));
  }

  /** The core is not called any more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  readonly #endTurn = (): void => {
    this.#isFlushDue = false;
    this.#call((core, now) => {
      core.flush(now);
      this.#arm(core.wakeAt(), now);
    });
  };

  /**
   * The timer fired. The core is not woken yet, but at the end of the turn, behind whatever is being received: when this
   * process was stuck, its peers' heartbeats lie in the sockets, and must not be found missing before they were read.
   */
  readonly #timerFired = (): void => {
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#cancelTimer = undefined;
    this.#host.atEndOfTurn(this.#wake);
  };

  readonly #wake = (): void => {
    this.#call((core, now) => {
      const at = core.wakeAt();
      if (at <= now) {
        core.wake(now, now - at);
        core.flush(now);
      }
      this.#arm(core.wakeAt(), now);
    });
  };

  /**
   * A timer that is earlier than needed stays: to look again once is cheaper than to move a timer every turn. Nor does one
   * that is due move on: turns that follow each other closely would put it off for as long as they last.
   */
  #arm(wakeAt: number, now: number): void {
    const at = wakeAt > now ? wakeAt : now + wakeAgainMs;
    if (at >= this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = at;
    this.#cancelTimer = this.#host.timer(this.#timerAt, this.#timerFired);
  }

  #call(step: (core: Core, now: number) => void): void {
    if (this.#isStopped) return;
    try {
      step(this.#core, this.#host.now());
    } catch (error) {
      this.stop();
      this.#onFatal(error);
    }
  }
}
