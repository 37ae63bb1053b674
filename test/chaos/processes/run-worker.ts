import { startWorker } from "@tq/worker";
import type { WorkerSettings } from "./role-options.ts";
import { log, type RunningRole } from "./running-role.ts";
import { working } from "./work.ts";

export async function runWorker({ name, ventilators }: WorkerSettings): Promise<RunningRole> {
  const worker = await startWorker({ name, ventilators, concurrency: 8, handlers: [working], log });
  return {
    endpoints: {},
    counts: () => {
      const { running, queued, uncommitted, violations } = worker.stats();
      return { running, queued, uncommitted, violations };
    },
    leave: () => worker.drain(),
    closed: worker.closed,
  };
}
