/**
 * Times a synchronous call that takes anything from a tenth of a microsecond to some milliseconds: calls it in
 * runs long enough that reading the clock does not count, for a fixed time.
 */

const runMs = 1;

/** Calls for about `forMs`; what `call` returns is kept, lest the compiler drop the work. */
export function microsecondsPerCall(call: () => unknown, forMs: number): number {
  let repeats = 1;
  while (timeRun(call, repeats) < runMs) repeats *= 2;
  let calls = 0;
  let elapsedMs = 0;
  while (elapsedMs < forMs) {
    elapsedMs += timeRun(call, repeats);
    calls += repeats;
  }
  return (elapsedMs * 1000) / calls;
}

let kept: unknown;

function timeRun(call: () => unknown, repeats: number): number {
  const startedAt = performance.now();
  for (let index = 0; index < repeats; index++) kept = call();
  return performance.now() - startedAt;
}

/** The last result of the last timed call. */
export function lastResult(): unknown {
  return kept;
}
