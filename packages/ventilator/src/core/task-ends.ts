/** What is remembered of tasks that have ended: the keys that they had, and those that failed for good. */
import type { OutcomeStatus } from "@tq/common";
import { letterOf } from "./dead-letters/dead-letter.ts";
import type { DeadLetters } from "./dead-letters/dead-letters.ts";
import type { IdempotencyKeys } from "./idempotency/idempotency-keys.ts";
import type { TaskBatch } from "./task-batch.ts";

export interface TaskEndParts {
  readonly keys: IdempotencyKeys;
  readonly letters: DeadLetters;
  readonly now: () => number;
}

export class TaskEnds {
  readonly #parts: TaskEndParts;

  constructor(parts: TaskEndParts) {
    this.#parts = parts;
  }

  /** Whether anything is to be remembered of such an end: of most there is not. */
  concerns(batch: TaskBatch, outcome: OutcomeStatus): boolean {
    return batch.reply === "sink" && (batch.options.key !== undefined || isDead(outcome));
  }

  /** To be called while its batch still has all that there is of the task. */
  ended(batch: TaskBatch, index: number, outcome: OutcomeStatus): void {
    const { keys, letters, now } = this.#parts;
    if (isDead(outcome)) letters.add(letterOf(batch, index, { outcome, at: now() }));
    keys.ended(now(), batch, index);
  }
}

const isDead = (outcome: OutcomeStatus): outcome is "failed" | "dead" =>
  outcome === "failed" || outcome === "dead";
