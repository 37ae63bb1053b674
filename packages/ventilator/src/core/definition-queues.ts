/** All definition queues, and which worker's definitions feed from which. */
import type { DefinitionInfo } from "@tq/common/wire";
import { DefinitionQueue } from "./definition-queue.ts";
import type { WorkerDefinition, WorkerPeer } from "./worker-peer.ts";

export class DefinitionQueues {
  readonly #queues = new Map<string, DefinitionQueue>();
  readonly #workers = new Set<WorkerPeer>();

  [Symbol.iterator](): IterableIterator<DefinitionQueue> {
    return this.#queues.values();
  }

  /** The queue for tasks submitted under this name and contract id. */
  of(definition: DefinitionInfo): DefinitionQueue {
    const key = `${definition.name} ${definition.contract ?? ""}`;
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const queue = new DefinitionQueue(definition.name, definition.contract);
    this.#queues.set(key, queue);
    for (const worker of this.#workers) {
      for (const candidate of worker.definitions) link(queue, candidate);
    }
    return queue;
  }

  join(worker: WorkerPeer): void {
    this.#workers.add(worker);
    for (const definition of worker.definitions) {
      for (const queue of this.#queues.values()) link(queue, definition);
    }
  }

  leave(worker: WorkerPeer): void {
    this.#workers.delete(worker);
    for (const queue of this.#queues.values()) {
      for (const definition of worker.definitions) {
        const index = queue.workers.indexOf(definition);
        if (index >= 0) queue.workers.splice(index, 1);
      }
    }
  }

  /** What the workers that are there can run, for people: `name@contract`. */
  present(): string[] {
    const names = new Set<string>();
    for (const worker of this.#workers) {
      if (worker.isLeaving) continue;
      for (const { info } of worker.definitions) {
        names.add(info.contract === undefined ? info.name : `${info.name}@${info.contract}`);
      }
    }
    return [...names].sort();
  }
}

const link = (queue: DefinitionQueue, definition: WorkerDefinition): void => {
  if (!queue.fits(definition.info.name, definition.info.contract)) return;
  queue.workers.push(definition);
};
