/** Notices tasks that wait and nobody is there to run them, and says so once per absence. */
import type { DefinitionQueue } from "./definition-queue.ts";
import type { DefinitionQueues } from "./definition-queues.ts";
import type { VentilatorEvent } from "./events.ts";

export interface UnroutableTasks {
  readonly task: string;
  readonly contract: string | undefined;
  readonly waiting: number;
}

/** Where tasks wait for a reason, and how many. */
export const tasksWaiting = (
  queues: DefinitionQueues,
  waitingIn: (queue: DefinitionQueue) => number,
): readonly UnroutableTasks[] =>
  [...queues]
    .map((queue) => ({ task: queue.name, contract: queue.contract, waiting: waitingIn(queue) }))
    .filter(({ waiting }) => waiting > 0);

export interface UnroutableWatchParts {
  readonly queues: DefinitionQueues;
  readonly afterMs: number;
  readonly report: (event: VentilatorEvent) => void;
}

/** Tasks that wait with nobody there for them. Not every worker takes pushed ones. */
const strandedIn = ({ isServed, ready, suspects, pushed, pushTakers }: DefinitionQueue): number =>
  (isServed ? 0 : ready + suspects.length) + (pushTakers === 0 ? pushed : 0);

export class UnroutableWatch {
  readonly #parts: UnroutableWatchParts;
  #checkAt = Number.NEGATIVE_INFINITY;

  constructor(parts: UnroutableWatchParts) {
    this.#parts = parts;
  }

  list(): readonly UnroutableTasks[] {
    return tasksWaiting(this.#parts.queues, strandedIn);
  }

  /** True if it was time to look. */
  wake(now: number): boolean {
    if (now < this.#checkAt) return false;
    this.#checkAt = now + this.#parts.afterMs / 2;
    for (const queue of this.#parts.queues) this.#check(now, queue);
    return true;
  }

  wakeAt(): number {
    return this.#checkAt;
  }

  #check(now: number, queue: DefinitionQueue): void {
    const { name: task, contract } = queue;
    const stranded = strandedIn(queue);
    const waiting = stranded === 0 ? queue.ready + queue.suspects.length + queue.pushed : stranded;
    if (stranded === 0) {
      if (queue.unroutableTold && queue.isServed)
        this.#parts.report({ type: "tasks.routable", task, waiting });
      queue.unroutableSince = undefined;
      queue.unroutableTold = false;
      return;
    }
    queue.unroutableSince ??= now;
    if (queue.unroutableTold || now - queue.unroutableSince < this.#parts.afterMs / 2) return;
    queue.unroutableTold = true;
    const present = this.#parts.queues.present();
    this.#parts.report({ type: "tasks.unroutable", task, contract, waiting, present });
  }
}
