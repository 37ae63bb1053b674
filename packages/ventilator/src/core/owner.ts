/**
 * Whoever submitted a batch and is told what becomes of it: the submitter in this process, or a remote producer.
 */
import type { OutcomeStatus } from "@tq/common";
import { type Duplicates, IdRunsBuilder, SparseBuilder } from "@tq/common/protocol";
import type { IdRuns, Origin, SparseColumn, Values } from "@tq/common/wire";

export interface OwnerAnswer {
  readonly outcome: OutcomeStatus;
  readonly ids: IdRuns;
  readonly attempts?: SparseColumn<number> | undefined;
  readonly values: Values;
}

/** What an owner hears. `accepted`, `duplicate` and `settled` are gathered over a turn of the event loop, the others come at once. */
export interface OwnerEvents {
  accepted(ids: IdRuns): void;
  rejected(ids: IdRuns, code: string, message: string): void;
  settled(outcome: OutcomeStatus, ids: IdRuns): void;
  duplicate(duplicates: Duplicates): void;
  /** Over, and it is not known any more how: submitted again by somebody who had not heard of it. */
  ended?(ids: IdRuns): void;
  answer(answer: OwnerAnswer): void;
}

/** First tasks may be of as many origins. */
const duplicatesPerMessage = 1_024;

export class Owner {
  readonly name: string;
  /** Every origin it has submitted under. */
  readonly origins = new Set<Origin>();
  /** Its tasks that have no final state yet. */
  unsettled = 0;
  /** It is out of reach for now. */
  isAway = false;
  readonly events: OwnerEvents;
  /** Of a remote producer's process. */
  readonly bootId: string | undefined;
  readonly #accepted = new IdRunsBuilder();
  readonly #duplicates = { ids: new IdRunsBuilder(), of: new IdRunsBuilder() };
  readonly #duplicateTraces = new SparseBuilder<string>();
  readonly #settled = new Map<OutcomeStatus, IdRunsBuilder>();

  constructor(name: string, events: OwnerEvents, options: { bootId: string | undefined }) {
    this.name = name;
    this.bootId = options.bootId;
    this.events = events;
  }

  /** A remote one learns that we are draining by a refusal; the submitter of this process is told by its shell. */
  get isRemote(): boolean {
    return this.bootId !== undefined;
  }

  accepted(ids: IdRuns): void {
    this.#accepted.addAll(ids);
  }

  /** Behind what was gathered: who is told first that a task is unknown, and then how it ended, takes it for lost. */
  rejected(ids: IdRuns, code: string, message: string): void {
    this.flush();
    this.events.rejected(ids, code, message);
  }

  /** Behind what was gathered: they were accepted once. */
  ended(ids: IdRuns): void {
    this.flush();
    this.events.ended?.(ids);
  }

  duplicate(
    { origin, seq }: { readonly origin: Origin; readonly seq: number },
    first: { readonly origin: Origin; readonly seq: number; readonly traceparent: string | undefined },
  ): void {
    const { ids, of } = this.#duplicates;
    if (first.traceparent !== undefined) this.#duplicateTraces.add(ids.count, first.traceparent);
    ids.add(origin, seq);
    of.add(first.origin, first.seq);
    if (ids.count >= duplicatesPerMessage) this.#tellDuplicates();
  }

  settled(outcome: OutcomeStatus, run: { origin: Origin; first: number; count: number }): void {
    let builder = this.#settled.get(outcome);
    if (builder === undefined) {
      builder = new IdRunsBuilder();
      this.#settled.set(outcome, builder);
    }
    builder.addRun(run.origin, run.first, run.count);
  }

  /** Tells what was gathered. Acceptance first: nothing is settled before it was accepted. */
  flush(): void {
    if (this.#accepted.count > 0) this.events.accepted(this.#accepted.take());
    this.#tellDuplicates();
    for (const [outcome, builder] of this.#settled) {
      if (builder.count > 0) this.events.settled(outcome, builder.take());
    }
  }

  #tellDuplicates(): void {
    const { ids, of } = this.#duplicates;
    if (ids.count === 0) return;
    const traceparent = this.#duplicateTraces.take();
    this.events.duplicate({
      ids: ids.take(),
      of: of.take(),
      ...(traceparent === undefined ? {} : { traceparent }),
    });
  }
}
