/** What a {@link CoreLoop} can run on: the event loop, or a virtual clock. */
import type { LoopHost } from "./core-loop.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What one `setTimeout` can hold; a longer span would fire at once. An early timer is only looked at once more. */
const timerMsMax = 2_147_483_647;

/**
 * Node's event loop.
 *
 * A turn ends in its check phase (`setImmediate`): sockets are read in the poll phase right before it, so everything
 * that one turn read is answered together, without waiting for another turn. A microtask would come between two messages
 * of the same socket, the next tick before the other sockets were read. The price is about 5 µs per hop, of a round trip
 * over tcp of 140 µs.
 */
export const eventLoopHost: LoopHost = {
  now: () => performance.now(),
  atEndOfTurn: setImmediate,
  timer(at, run) {
    const delayMs = Math.min(Math.max(1, Math.ceil(at - performance.now())), timerMsMax);
    const timeout = setTimeout(run, delayMs);
    return () => clearTimeout(timeout);
  },
};

/** A virtual clock: a turn ends behind all events that are due at the same instant and known by then. */
export function virtualHost(clock: VirtualClock): LoopHost {
  return {
    now: () => clock.now(),
    atEndOfTurn: (run) => clock.schedule(clock.now(), run),
    timer(at, run) {
      let isCancelled = false;
      clock.schedule(at, () => {
        if (!isCancelled) run();
      });
      return () => {
        isCancelled = true;
      };
    },
  };
}
