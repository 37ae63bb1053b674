/**
 * Attempts that wait for a slot: a queue per ventilator and definition. Ventilators take turns, and within one its
 * definitions, so that neither a busy ventilator nor a busy definition starves another. Within a queue: first in, first out;
 * priorities are the ventilator's matter, because what is here is only a few milliseconds of work.
 */
import type { Attempt, AttemptPool } from "./attempt.ts";
import { Fifo } from "./fifo.ts";

interface DefinitionQueue {
  next: DefinitionQueue | undefined;
  readonly attempts: Fifo<Attempt>;
}

interface VentilatorQueues {
  next: VentilatorQueues | undefined;
  readonly byDefinition: (DefinitionQueue | undefined)[];
  /** Those that have attempts. */
  readonly listed: Fifo<DefinitionQueue>;
}

export class ReadyQueues {
  readonly #ventilators: VentilatorQueues[];
  readonly #listed = new Fifo<VentilatorQueues>();
  readonly #pool: AttemptPool;
  /** Attempts that wait, without those that are skipped. */
  count = 0;

  constructor(ventilators: number, pool: AttemptPool) {
    this.#ventilators = Array.from({ length: ventilators }, () => ({
      next: undefined,
      byDefinition: [],
      listed: new Fifo<DefinitionQueue>(),
    }));
    this.#pool = pool;
  }

  push(attempt: Attempt, ventilator: number, definition: number): void {
    const queues = this.#ventilators[ventilator];
    if (queues === undefined) return;
    let queue = queues.byDefinition[definition];
    if (queue === undefined) {
      queue = { next: undefined, attempts: new Fifo<Attempt>() };
      queues.byDefinition[definition] = queue;
    }
    if (queues.listed.isEmpty) this.#listed.push(queues);
    if (queue.attempts.isEmpty) queues.listed.push(queue);
    queue.attempts.push(attempt);
    this.count += 1;
  }

  /** The next one by turns. */
  take(): Attempt | undefined {
    for (;;) {
      const queues = this.#listed.shift();
      const queue = queues?.listed.shift();
      if (queues === undefined || queue === undefined) return undefined;
      const attempt = this.#shift(queue);
      if (!queue.attempts.isEmpty) queues.listed.push(queue);
      if (!queues.listed.isEmpty) this.#listed.push(queues);
      if (attempt === undefined) continue;
      this.count -= 1;
      return attempt;
    }
  }

  /** The attempt, which waits here, is not to be run. It is freed when its turn comes. */
  skip(attempt: Attempt): void {
    attempt.state = "skipped";
    this.count -= 1;
  }

  #shift(queue: DefinitionQueue): Attempt | undefined {
    let attempt = queue.attempts.shift();
    while (attempt?.state === "skipped") {
      this.#pool.give(attempt);
      attempt = queue.attempts.shift();
    }
    return attempt;
  }
}
