/**
 * The life of a command that runs until it is told to stop: drain at the first signal, by a deadline, then close.
 */
import type { TqLogger } from "@tq/common/node";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { listenForStop } from "./stop-signals.ts";

/** Orchestrators send SIGKILL 30 s after SIGTERM: Kubernetes' default; 5 s are left for closing. */
export const drainTimeoutMs = 25_000;

/** What still runs when all is closed gets this long. */
const endingMs = 2_000;

export interface Served {
  readonly running: {
    drain(options: { timeoutMs: number }): Promise<void>;
    close(): Promise<void>;
  };
  /** Settles when it cannot go on: rejects with the reason, or resolves when it is over without one. */
  readonly ended: Promise<void>;
  readonly log: TqLogger;
  /** Ends at once what would stay behind when the process quits. */
  readonly onQuit?: () => void;
  /** What draining gets. Default 25 s. */
  readonly timeoutMs?: number;
}

/** Gives the exit code when all is closed. Rejects with what `ended` rejects with, after closing. */
export async function serve(served: Served): Promise<ExitCode> {
  const { running, ended, log, onQuit, timeoutMs = drainTimeoutMs } = served;
  using stop = listenForStop(onQuit);
  try {
    const signal = await Promise.race([stop.first, ended]);
    if (signal !== undefined) {
      log.info(
        { signal, timeoutMs },
        `draining, at most ${timeoutMs / 1000} s (${signal}); a second signal quits at once`,
      );
      const drained = running.drain({ timeoutMs });
      await Promise.race([drained, ended.then(() => drained)]);
    }
  } finally {
    await running.close();
  }
  if (!(await settlesWithin(ended, endingMs))) {
    // What writes to a pipe that nobody reads would wait with it.
    log.warn("what was being written when it closed did not end; leaving it");
  }
  return exitCodes.fine;
}

/** Whether it resolves in time. Rejects with it. */
async function settlesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  using late = new Timeout(ms);
  return await Promise.race([promise.then(() => true), late.passed.then(() => false)]);
}

class Timeout implements Disposable {
  readonly passed: Promise<void>;
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.passed = promise;
    this.#timer = setTimeout(resolve, ms);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
