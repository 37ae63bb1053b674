/**
 * Makes new tasks of dead letters: the same input, options, policy and trace, under an id of the ventilator's own.
 *
 * A new id, because the old one is final at its sink: a second outcome would be dropped there as a duplicate. A letter is let
 * go of when its new task is accepted, and not before: with a journal, that is when it is synced.
 */
import { forEachId, idRun } from "@tq/common/protocol";
import type { IdRuns, Origin } from "@tq/common/wire";
import type { IdempotencyKeys } from "../idempotency/idempotency-keys.ts";
import { Owner, type OwnerEvents } from "../owner.ts";
import type { Submission } from "../submission.ts";
import { type DeadLetter, idOfLetter } from "./dead-letter.ts";
import type { DeadLetters, KeptLetter } from "./dead-letters.ts";

/** What became of one letter: the id of its new task, or why it has none. */
export type Retried = { readonly taskId: string } | { readonly code: string; readonly message: string };

export interface LetterRetryParts {
  readonly letters: DeadLetters;
  readonly admissions: {
    readonly isClosed: boolean;
    submit(now: number, owner: Owner, submission: Submission): void;
  };
  readonly keys: Pick<IdempotencyKeys, "handOver">;
  readonly drawOrigin: () => Origin;
}

interface Pending {
  readonly kept: KeptLetter;
  readonly taskId: string;
  readonly done: (retried: Retried) => void;
}

export class LetterRetries implements OwnerEvents {
  readonly #parts: LetterRetryParts;
  readonly #owner = new Owner("retry", this, { bootId: undefined });
  /** By seq. */
  readonly #pending = new Map<number, Pending>();
  /** Drawn with the first retry. */
  #origin: Origin | undefined;
  #lastSeq = 0;

  constructor(parts: LetterRetryParts) {
    this.#parts = parts;
  }

  retry(now: number, kept: KeptLetter, done: (retried: Retried) => void): void {
    const { admissions, keys, drawOrigin } = this.#parts;
    if (admissions.isClosed)
      return done({ code: "TQ_ERR_CLOSED", message: "the ventilator is draining and takes no more" });
    this.#origin ??= drawOrigin();
    this.#lastSeq += 1;
    const seq = this.#lastSeq;
    kept.isRetrying = true;
    this.#pending.set(seq, { kept, taskId: `${this.#origin}-${seq}`, done });
    const { letter } = kept;
    const options = keys.handOver(now, letter, letter.options);
    const submission = submissionOf({ ...letter, options }, idRun(this.#origin, seq, 1));
    admissions.submit(now, this.#owner, submission);
  }

  /** Tells what was gathered over a turn. */
  flush(): void {
    this.#owner.flush();
  }

  /** The end: whoever waits for a retry is told so. What is accepted by now was told. */
  close({ code, message }: { readonly code: string; readonly message: string }): void {
    this.flush();
    for (const [seq, { done }] of this.#pending) {
      this.#pending.delete(seq);
      done({ code, message });
    }
  }

  accepted(ids: IdRuns): void {
    this.#forEachPending(ids, ({ kept, taskId, done }) => {
      this.#parts.letters.remove(idOfLetter(kept.letter));
      done({ taskId });
    });
  }

  rejected(ids: IdRuns, code: string, message: string): void {
    this.#forEachPending(ids, ({ kept, done }) => {
      kept.isRetrying = false;
      done({ code, message });
    });
  }

  /** Its results go to a sink, and nobody else waits for them. */
  settled(): void {}
  duplicate(): void {}
  answer(): void {}

  #forEachPending(ids: IdRuns, visit: (pending: Pending) => void): void {
    forEachId(ids, (_origin, seq) => {
      const pending = this.#pending.get(seq);
      this.#pending.delete(seq);
      if (pending !== undefined) visit(pending);
    });
  }
}

/** The delay that it was submitted with is over. Its time to expire begins anew, or it could never be run again. */
function submissionOf({ task, contract, policy, options, values }: DeadLetter, ids: IdRuns): Submission {
  const { notBeforeMs: _, ...kept } = options;
  return { definition: { name: task, contract, policy }, reply: "sink", ids, options: kept, values };
}
