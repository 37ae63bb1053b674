/**
 * The event loop as a scheduler. Everything that is due as soon as possible runs in one batch, in the next check phase:
 * one `setImmediate` for all that a turn produced, and sockets and timers have their turn between two batches. (A
 * microtask would be quicker still, but two roles of one process that talk to each other would then starve all else.)
 */
import type { Scheduler } from "./scheduler.ts";

export function eventLoopScheduler(): Scheduler {
  let waiting: (() => void)[] = [];

  function runBatch(): void {
    const batch = waiting;
    waiting = [];
    let done = 0;
    try {
      for (const run of batch) {
        done += 1;
        run();
      }
    } finally {
      // Only after a throw: the others are not to be lost with the one that threw.
      if (done < batch.length) for (const run of batch.slice(done)) soon(run);
    }
  }

  function soon(run: () => void): void {
    if (waiting.push(run) === 1) setImmediate(runBatch);
  }

  return {
    now: () => performance.now(),
    schedule(at, run) {
      const delayMs = at === Number.NEGATIVE_INFINITY ? 0 : at - performance.now();
      if (delayMs <= 0) soon(run);
      else setTimeout(run, Math.ceil(delayMs));
    },
  };
}
