/** The submitter of this process as an owner of tasks: the same as a remote producer, without a session. */
import type { OutcomeStatus, TqError } from "@tq/common";
import type { Duplicates, SubmitBatch, SubmitEvents, SubmitPort } from "@tq/common/protocol";
import { type IdRuns, withOwnAttachments } from "@tq/common/wire";
import type { Admissions } from "./admissions.ts";
import { Owner, type OwnerAnswer, type OwnerEvents } from "./owner.ts";

/** More than this need not be promised at once. */
const creditStepTasks = 65_536;

export interface LocalOwnerParts {
  readonly admissions: Admissions;
  readonly events: SubmitEvents;
  readonly now: () => number;
}

export class LocalOwner implements OwnerEvents, SubmitPort {
  readonly #parts: LocalOwnerParts;
  readonly #owner: Owner;

  constructor(parts: LocalOwnerParts) {
    this.#parts = parts;
    this.#owner = new Owner("local", this, { bootId: undefined });
  }

  /** An answered task is over with its call. Any other outlives it, and its caller may write to its buffers again. */
  submit(batch: SubmitBatch): void {
    const { values, reply } = batch;
    const kept = reply === "answer" ? values : withOwnAttachments(values);
    this.#parts.admissions.submit(this.#parts.now(), this.#owner, { ...batch, values: kept });
  }

  cancel(ids: IdRuns): void {
    this.#parts.admissions.cancel(this.#owner, ids);
  }

  answered(ids: IdRuns): void {
    this.#parts.admissions.answered(ids);
  }

  accepted(ids: IdRuns): void {
    this.#parts.events.accepted(ids);
  }

  rejected(ids: IdRuns, code: string, message: string): void {
    this.#parts.events.rejected(ids, code, message);
  }

  settled(outcome: OutcomeStatus, ids: IdRuns): void {
    this.#parts.events.settled(outcome, ids);
  }

  duplicate(duplicates: Duplicates): void {
    this.#parts.events.duplicate?.(duplicates);
  }

  answer({ outcome, ids, attempts, values }: OwnerAnswer): void {
    this.#parts.events.answer(outcome, { ids, attempts, values });
  }

  closed(error: TqError): void {
    this.#parts.events.closed(error);
  }

  /** Tells what was gathered in this turn, and how much there is room for. */
  flush(room: { tasks: number; bytes: number }): void {
    this.#owner.flush();
    this.#parts.events.credit(Math.min(room.tasks, creditStepTasks), room.bytes);
  }
}
