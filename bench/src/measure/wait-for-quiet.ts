/**
 * Waits until nobody else uses the processor, since a figure taken beside a test run says little. Gives up after a
 * while and says so: a figure from a busy machine is better than none, if it is known to be one.
 */

import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { reportProgress } from "./report.ts";

const windowMs = 250;
const waitMsMax = 30_000;
/** Share of all cores' time. Below it, something else than the system's own housekeeping is running. */
const idleShareMin = 0.93;

export async function waitForQuiet(): Promise<void> {
  const deadline = performance.now() + waitMsMax;
  for (;;) {
    const before = processorTimes();
    await pause(windowMs);
    const after = processorTimes();
    if ((after.idle - before.idle) / (after.total - before.total) >= idleShareMin) return;
    if (performance.now() > deadline) {
      reportProgress("the machine is busy: the next figure may be worse than it should");
      return;
    }
  }
}

function processorTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
