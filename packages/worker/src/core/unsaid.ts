/**
 * What one ventilator is still to be told: failures, returns and commits, gathered over a turn, and beyond it while
 * there is no session.
 *
 * All of it is meant for one epoch of the ventilator. What another one can make use of: `adopted-part.ts`.
 */
import type { OutcomeStatus } from "@tq/common";
import type { AttemptFailure } from "@tq/common/contract";
import { IdRunsBuilder, SparseBuilder } from "@tq/common/protocol";
import {
  type Done,
  type IdRuns,
  type NumberedContent,
  type Return,
  type SparseColumn,
  ValuesEncoder,
} from "@tq/common/wire";
import { type Adoption, adoptedParts } from "./adopted-part.ts";
import type { Attempt } from "./attempt.ts";
import { coreLimits } from "./limits.ts";

/** Said again in a fresh session if it may not have arrived. A RETURN need not be: what is not held is taken back. */
const repeatedVerbs: readonly string[] = ["FAILED", "DONE"];

export class Unsaid {
  #sealed: NumberedContent[] = [];
  readonly #failed = { ids: new IdRunsBuilder(), values: new ValuesEncoder() };
  readonly #failedNumbers = new SparseBuilder<number>();
  readonly #failedFinal = new SparseBuilder<boolean>();
  readonly #failedAfterMs = new SparseBuilder<number>();
  readonly #returned = new IdRunsBuilder();
  readonly #returnedNumbers = new SparseBuilder<number>();
  readonly #done = new Map<OutcomeStatus, IdRunsBuilder>();

  get isEmpty(): boolean {
    return (
      this.#sealed.length === 0 &&
      this.#failed.ids.count === 0 &&
      this.#returned.count === 0 &&
      [...this.#done.values()].every(({ count }) => count === 0)
    );
  }

  failed(epoch: number, attempt: Attempt, { error, final, afterMs }: AttemptFailure): void {
    const { ids, values } = this.#failed;
    values.add(error);
    if (attempt.number !== 1) this.#failedNumbers.add(ids.count, attempt.number);
    if (final) this.#failedFinal.add(ids.count, true);
    if (afterMs !== undefined) this.#failedAfterMs.add(ids.count, afterMs);
    ids.add(attempt.home?.origin ?? "", attempt.seq);
    const isFull =
      ids.count >= coreLimits.tasksPerMessageMax || values.bytes >= coreLimits.resultsBytesTarget;
    if (isFull) this.#sealFailed(epoch);
  }

  returned(epoch: number, attempt: Attempt): void {
    if (attempt.number !== 1) this.#returnedNumbers.add(this.#returned.count, attempt.number);
    this.#returned.add(attempt.home?.origin ?? "", attempt.seq);
    if (this.#returned.count >= coreLimits.idsPerMessageMax) this.#sealReturned(epoch);
  }

  /** Gives back a whole message as it came, of whatever epoch. */
  returnedAll(message: { epoch: number; ids: IdRuns; attempts?: SparseColumn<number> | undefined }): void {
    const { epoch, ids, attempts } = message;
    this.#sealed.push({ verb: "RETURN", epoch, ids, ...(attempts === undefined ? {} : { attempts }) });
  }

  done(epoch: number, outcome: OutcomeStatus, attempt: Attempt): void {
    const builder = this.#doneOf(outcome);
    builder.add(attempt.home?.origin ?? "", attempt.seq);
    if (builder.count >= coreLimits.idsPerMessageMax) this.#sealed.push(doneOf(epoch, outcome, builder));
  }

  /** Everything, as messages; what comes now is gathered anew. */
  take(epoch: number): readonly NumberedContent[] {
    if (this.#failed.ids.count > 0) this.#sealFailed(epoch);
    if (this.#returned.count > 0) this.#sealReturned(epoch);
    for (const [outcome, builder] of this.#done) {
      if (builder.count > 0) this.#sealed.push(doneOf(epoch, outcome, builder));
    }
    if (this.#sealed.length === 0) return nothing;
    const sealed = this.#sealed;
    this.#sealed = [];
    return sealed;
  }

  /** The session has ended: of what was said in it, this may not have arrived. */
  repeat(epoch: number, unacknowledged: readonly NumberedContent[]): void {
    const unsaid = this.take(epoch);
    this.#sealed = [...unacknowledged, ...unsaid].filter(({ verb }) => repeatedVerbs.includes(verb));
  }

  /** Another epoch begins: what it does not understand is forgotten. */
  carryOver(epoch: number, to: Adoption): void {
    this.#sealed = adoptedParts(this.take(epoch), to);
  }

  #sealFailed(epoch: number): void {
    const attempts = this.#failedNumbers.take();
    const final = this.#failedFinal.take();
    const afterMs = this.#failedAfterMs.take();
    this.#sealed.push({
      verb: "FAILED",
      epoch,
      ids: this.#failed.ids.take(),
      ...(attempts === undefined ? {} : { attempts }),
      ...(final === undefined ? {} : { final }),
      ...(afterMs === undefined ? {} : { afterMs }),
      values: this.#failed.values.take(),
    });
  }

  #sealReturned(epoch: number): void {
    const attempts = this.#returnedNumbers.take();
    const message: Omit<Return, "session" | "number" | "received"> = {
      verb: "RETURN",
      epoch,
      ids: this.#returned.take(),
      ...(attempts === undefined ? {} : { attempts }),
    };
    this.#sealed.push(message);
  }

  #doneOf(outcome: OutcomeStatus): IdRunsBuilder {
    const known = this.#done.get(outcome);
    if (known !== undefined) return known;
    const builder = new IdRunsBuilder();
    this.#done.set(outcome, builder);
    return builder;
  }
}

const nothing: readonly NumberedContent[] = [];

const doneOf = (
  epoch: number,
  outcome: OutcomeStatus,
  builder: IdRunsBuilder,
): Omit<Done, "session" | "number" | "received"> => ({ verb: "DONE", epoch, outcome, ids: builder.take() });
