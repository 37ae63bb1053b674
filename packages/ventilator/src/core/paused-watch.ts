/** Notices tasks that wait because all workers for them are paused, and says so once: nobody should have to guess. */
import type { DefinitionQueue } from "./definition-queue.ts";
import type { DefinitionQueues } from "./definition-queues.ts";
import type { VentilatorEvent } from "./events.ts";
import { tasksWaiting, type UnroutableTasks } from "./unroutable-watch.ts";

export interface PausedWatchParts {
  readonly queues: DefinitionQueues;
  /** How long tasks wait before it is said. */
  readonly afterMs: number;
  readonly report: (event: VentilatorEvent) => void;
}

/** Where all workers leave, and pushed ones that no worker takes, wait for another reason. */
const waitingIn = ({ isPaused, isServed, ready, suspects, pushed, pushTakers }: DefinitionQueue): number =>
  isPaused && isServed ? ready + suspects.length + (pushTakers > 0 ? pushed : 0) : 0;

export class PausedWatch {
  readonly #parts: PausedWatchParts;
  /** Queues whose tasks wait for that reason, and since when; infinite once it is said. */
  readonly #since = new Map<DefinitionQueue, number>();

  constructor(parts: PausedWatchParts) {
    this.#parts = parts;
  }

  list(): readonly UnroutableTasks[] {
    return tasksWaiting(this.#parts.queues, waitingIn);
  }

  wake(now: number): void {
    for (const queue of this.#parts.queues) {
      const waiting = waitingIn(queue);
      if (waiting === 0) {
        this.#since.delete(queue);
        continue;
      }
      const since = this.#since.get(queue) ?? now;
      const isDue = now - since >= this.#parts.afterMs / 2;
      this.#since.set(queue, isDue ? Number.POSITIVE_INFINITY : since);
      if (!isDue) continue;
      const { name: task, contract, workers } = queue;
      this.#parts.report({ type: "tasks.paused", task, contract, waiting, workers: workers.length });
    }
  }
}
