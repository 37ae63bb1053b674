/**
 * Times a synchronous call that takes anything from a tenth of a microsecond to some milliseconds, by the CPU time of
 * this process: what others do on the machine meanwhile does not count, and what the garbage collector does in its
 * own threads does. Calls are made in runs long enough that reading the clock does not count.
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

const kept: unknown[] = [];

function timeRun(call: () => unknown, repeats: number): number {
  const before = process.cpuUsage();
  for (let index = 0; index < repeats; index++) kept[0] = call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
