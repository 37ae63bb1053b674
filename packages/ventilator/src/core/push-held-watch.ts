/**
 * Notices pushed tasks whose outcomes have nowhere to go, because their sink takes no part in the push lane, and says so once.
 *
 * A sink that is away is said to be lost, and may come back as it was. One that is there without a pipe was started otherwise
 * than the tasks need, and stays so until somebody does something about it.
 */
import type { DefinitionQueue } from "./definition-queue.ts";
import type { VentilatorEvent } from "./events.ts";
import type { PushOrigin } from "./push-origin.ts";
import type { SinkPeer } from "./sink-peers.ts";

export interface PushHeldWatchParts {
  readonly origins: { values(): Iterable<PushOrigin> };
  readonly sinks: { readonly peers: readonly SinkPeer[] };
  readonly report: (event: VentilatorEvent) => void;
}

/** No sink in particular: none of those that are there has a pipe. */
type Culprit = SinkPeer | "all";

export class PushHeldWatch {
  readonly #parts: PushHeldWatchParts;
  /** Those of which it was said. */
  readonly #told = new Map<DefinitionQueue, Set<Culprit>>();

  constructor(parts: PushHeldWatchParts) {
    this.#parts = parts;
  }

  /** Tasks that wait for that reason, whether to be sent or for a word of their sink. */
  get tasks(): number {
    let tasks = 0;
    for (const held of this.#held().values()) for (const count of held.values()) tasks += count;
    return tasks;
  }

  wake(): void {
    const held = this.#held();
    for (const queue of this.#told.keys()) if (!held.has(queue)) this.#told.delete(queue);
    for (const [queue, culprits] of held) {
      const told = this.#told.get(queue);
      this.#told.set(queue, new Set(culprits.keys()));
      for (const [culprit, tasks] of culprits) {
        if (told?.has(culprit) === true) continue;
        const { name: task, contract } = queue;
        const endpoint = culprit === "all" ? undefined : culprit.endpoint;
        this.#parts.report({ type: "push.held", task, contract, endpoint, tasks });
      }
    }
  }

  #held(): Map<DefinitionQueue, Map<Culprit, number>> {
    const held = new Map<DefinitionQueue, Map<Culprit, number>>();
    for (const origin of this.#parts.origins.values()) {
      const tasks = origin.waiting + origin.unheard;
      const culprit = tasks === 0 ? undefined : this.#culprit(origin);
      if (culprit === undefined) continue;
      const ofQueue = held.get(origin.queue) ?? new Map<Culprit, number>();
      held.set(origin.queue, ofQueue);
      ofQueue.set(culprit, (ofQueue.get(culprit) ?? 0) + tasks);
    }
    return held;
  }

  #culprit({ sink }: PushOrigin): Culprit | undefined {
    if (sink !== undefined) return isWithoutPipe(sink) ? sink : undefined;
    return this.#parts.sinks.peers.every(isWithoutPipe) ? "all" : undefined;
  }
}

const isWithoutPipe = ({ client, push }: SinkPeer): boolean =>
  client.session !== undefined && push === undefined;
