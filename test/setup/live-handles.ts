// Counts what keeps, or could keep, a process alive. Two sources, because neither sees everything: Node's diagnostic
// report lists every libuv handle, also those of native addons (a ZeroMQ socket is a `poll` handle that
// `getActiveResourcesInfo` does not know), and worker threads; but all of Node's timers share one libuv handle, so
// timers are counted by `getActiveResourcesInfo`, which lists those that are referenced.

export type HandleCounts = ReadonlyMap<string, number>;

/** Handles that an open resource holds. The event loop's own (async, check, idle, prepare, timer) are left out. */
const resourceTypes = new Set([
  "fs_event",
  "fs_poll",
  "pipe",
  "poll",
  "process",
  "signal",
  "tcp",
  "tty",
  "udp",
]);
const timerTypes = new Set(["Immediate", "Timeout"]);

type Handle = { type: string; is_active: boolean; is_referenced: boolean };
type ThreadReport = { header: { event: string }; libuv: Handle[] };
type Report = { libuv: Handle[]; workers: ThreadReport[] };

/**
 * The thread of a heart that has ended waits for the next heart, as long as the process lives (packages/worker/src/heart-pool.ts).
 * It keeps nothing alive; a heart that has not ended has a timer, and connections.
 */
const waitsForHeart = ({ header, libuv }: ThreadReport): boolean =>
  header.event.endsWith("[tq-heart]") &&
  !libuv.some((handle) => resourceTypes.has(handle.type) || isRunningTimer(handle));

const isRunningTimer = ({ type, is_active, is_referenced }: Handle): boolean =>
  type === "timer" && is_active && is_referenced;

/** What is open in this process now, by kind. */
export function countHandles(): HandleCounts {
  // The report would otherwise resolve the machine's host names, which can take seconds.
  Object.assign(process.report, { excludeNetwork: true });
  const report = process.report.getReport() as unknown as Report;
  const counts = new Map<string, number>();
  const add = (kind: string) => counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const { type } of report.libuv) if (resourceTypes.has(type)) add(type);
  for (const type of process.getActiveResourcesInfo()) if (timerTypes.has(type)) add(type);
  for (const thread of report.workers) if (!waitsForHeart(thread)) add("worker thread");
  return counts;
}

/** The kinds of which there are more than before, each with how many more; empty when nothing leaked. */
export function grown(before: HandleCounts, after: HandleCounts): string[] {
  const lines: string[] = [];
  for (const [kind, count] of after) {
    const more = count - (before.get(kind) ?? 0);
    if (more > 0) lines.push(`${more} × ${kind}`);
  }
  return lines.sort();
}
