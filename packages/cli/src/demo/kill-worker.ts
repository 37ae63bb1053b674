/**
 * Kills a worker with SIGKILL while it holds leases for sure, and starts another.
 *
 * All workers are told to stop in the middle of their next task; the first that says so is killed, and the others go on.
 * To kill one at a moment of chance would hit, with few files, one that has just sent its last result.
 */
import type { DemoWorker, DemoWorkers } from "./demo-workers.ts";

export interface Kill {
  readonly workers: DemoWorkers;
  /** Hands out tasks that the workers, from then on, stop in the middle of. */
  readonly submit: () => Promise<void>;
  readonly say: (line: string) => void;
}

/** Resolves when another worker runs in place of the killed one, and all tasks are accepted. */
export async function killWorker({ workers, submit, say }: Kill): Promise<void> {
  const present = workers.running;
  await Promise.all(present.map(arm));
  const holding = Promise.any(present.map(untilHolding));
  const submitted = submit();
  const { worker, taskId } = await Promise.race([holding, submitted.then(() => holding)]);
  await workers.kill(worker);
  say(`killed ${worker.name} (pid ${worker.pid}, SIGKILL) in the middle of task ${taskId}; starting another`);
  for (const other of present) if (other !== worker) other.send({ type: "go" });
  await workers.start();
  await submitted;
}

async function arm(worker: DemoWorker): Promise<void> {
  const armed = worker.next("armed");
  worker.send({ type: "hold" });
  await armed;
}

async function untilHolding(worker: DemoWorker): Promise<{ worker: DemoWorker; taskId: string }> {
  const { taskId } = await worker.next("holding");
  return { worker, taskId };
}
