/**
 * What owners tell, brought to the calls that wait for it. Ids that nobody waits for are passed over: the calls have
 * ended, or an owner repeats itself.
 */
import {
  type OutcomeStatus,
  type TqError,
  toRemoteError,
  type UnsuccessfulOutcome,
} from "../contract/index.ts";
import {
  type Answers,
  type Duplicates,
  forEachId,
  forEachRun,
  SparseReader,
  type SubmitEvents,
  type SubmitPort,
} from "../protocol/index.ts";
import { bytesOfValues, decodeValues, type IdRuns } from "../wire/index.ts";
import { contactLost, type Handed, refusedByOwner } from "./call-errors.ts";
import type { Consumer } from "./consumer.ts";
import type { Desk } from "./desk.ts";
import { commonReason, type Ledger } from "./owner.ts";

/** Tasks so far, by what became of them. */
export interface Tally {
  accepted: number;
  /** Submitted under an idempotency key that another task has, and answered with that one. */
  duplicates: number;
  rejected: number;
  settled: number;
  answered: number;
}

export class Inbound implements SubmitEvents {
  readonly tally: Tally = { accepted: 0, duplicates: 0, rejected: 0, settled: 0, answered: 0 };
  readonly #desk: Desk;
  readonly #port: SubmitPort;

  constructor(desk: Desk, port: SubmitPort) {
    this.#desk = desk;
    this.#port = port;
  }

  credit(tasks: number, bytes: number, owner = 0): void {
    const giver = this.#desk.owners[owner];
    if (giver === undefined) return;
    giver.tasks = tasks;
    giver.bytes = bytes;
    if (tasks <= 0) return;
    giver.unreachable = undefined;
    this.#desk.creditCame();
  }

  /** Tasks with idempotency keys may go to another owner now, whose credit is no news. */
  reachChanged(): void {
    this.#desk.creditCame();
  }

  accepted(ids: IdRuns): void {
    forEachRun(ids, ({ origin, first, count }) => {
      const ledger = this.#desk.ledgers.get(origin);
      // The caller of an answered task waits for its answer, not for this.
      if (ledger === undefined || ledger.reply === "answer") return;
      for (let seq = first; seq < first + count; seq++) this.#accept(ledger, seq);
    });
    this.#desk.checkIdle();
  }

  duplicate({ ids, of, traceparent }: Duplicates): void {
    const traceparents = new SparseReader(traceparent);
    const firsts: Handed[] = [];
    forEachId(of, (origin, seq, position) =>
      firsts.push({ origin, seq, traceparent: traceparents.at(position) }),
    );
    forEachId(ids, (origin, seq, position) => {
      const records = this.#desk.ledgers.get(origin)?.records;
      const consumer = records?.take(seq);
      const first = firsts[position];
      if (records === undefined || consumer === undefined) return;
      const slot = records.takenSlot;
      if (first === undefined || consumer.duplicate === undefined) {
        // Whoever waits has been let go of here: he is told, whatever nonsense this is.
        consumer.refused(slot, refusedByOwner({ origin, seq, traceparent: undefined }, noDuplicate));
        return;
      }
      this.tally.duplicates += 1;
      consumer.duplicate(slot, first);
    });
    this.#desk.checkIdle();
  }

  rejected(ids: IdRuns, code: string, message: string): void {
    const errorOf = (task: Handed) => refusedByOwner(task, { code, message });
    this.#forEachWaiting(ids, (consumer, slot, task) => {
      this.tally.rejected += 1;
      consumer.refused(slot, errorOf(task));
    });
    forEachRun(ids, ({ origin }) => {
      const ledger = this.#desk.ledgers.get(origin);
      ledger?.owner.retire(ledger);
    });
    this.#desk.cancelCalls.refuse(ids, errorOf);
    this.#desk.checkIdle();
  }

  settled(outcome: OutcomeStatus, ids: IdRuns): void {
    forEachRun(ids, ({ origin, first, count }) => {
      const ledger = this.#desk.ledgers.get(origin);
      if (ledger === undefined) return;
      ledger.settled.add(outcome, first, count);
      this.tally.settled += count;
      // What is final was accepted, even where that was not heard.
      if (ledger.reply !== "answer") {
        for (let seq = first; seq < first + count; seq++) this.#accept(ledger, seq);
      }
    });
    this.#forEachWaiting(ids, (consumer, slot, task) => {
      if (outcome === "completed") consumer.refused(slot, refusedByOwner(task, outputGone));
      else consumer.unsuccessful(slot, outcomeOf(outcome, { message: "the reason was not told" }), 0);
    });
    this.#desk.cancelCalls.settle(ids, outcome);
    this.#desk.checkIdle();
  }

  answer(outcome: OutcomeStatus, { ids, attempts, values }: Answers): void {
    const unreadable = new Map<number, TqError>();
    const outputs = decodeValues(values, (index, error) => {
      unreadable.set(index, error);
      return undefined;
    });
    const attemptOf = new SparseReader(attempts);
    const meanBytes = bytesOfValues(values) / values.lengths.length;
    let sized: Consumer | undefined;
    forEachRun(ids, ({ origin, first, count, position }) => {
      const ledger = this.#desk.ledgers.get(origin);
      if (ledger === undefined) return;
      ledger.settled.add(outcome, first, count);
      const { records } = ledger;
      for (let offset = 0; offset < count; offset++) {
        const consumer = records.take(first + offset);
        if (consumer === undefined) continue;
        if (consumer !== sized) consumer.sized?.(meanBytes);
        sized = consumer;
        const slot = records.takenSlot;
        const at = position + offset;
        this.tally.answered += 1;
        const error = unreadable.size === 0 ? undefined : unreadable.get(at);
        const attempt = attemptOf.at(at) ?? 1;
        if (error !== undefined) consumer.refused(slot, error);
        else if (outcome === "completed") consumer.completed(slot, outputs[at], attempt);
        else consumer.unsuccessful(slot, outcomeOf(outcome, outputs[at]), attempt);
      }
    });
    this.#desk.cancelCalls.settle(ids, outcome);
    this.#port.answered(ids);
    this.#desk.checkIdle();
  }

  unreachable(index: number, error: TqError): void {
    const owner = this.#desk.owners[index];
    if (owner === undefined) return;
    owner.tasks = 0;
    owner.bytes = 0;
    owner.unreachable = error;
    for (const ledger of owner.ledgers) {
      this.#refuseHanded(ledger, (task) => {
        if (ledger.reply === "answer") this.#desk.cancel(task.origin, task.seq);
        return contactLost(task, error);
      });
    }
    if (commonReason(this.#desk.owners) !== undefined) this.#desk.outbox.refuseAll(error);
    this.#desk.checkIdle();
  }

  closed(error: TqError, { isInDoubt } = { isInDoubt: false }): void {
    this.#desk.stop(error);
    for (const ledger of this.#desk.owners.flatMap(({ ledgers }) => ledgers)) {
      const isUnknown = isInDoubt && ledger.reply !== "answer";
      this.#refuseHanded(ledger, (task) => (isUnknown ? contactLost(task, error) : error));
    }
    this.#desk.outbox.refuseAll(error);
    this.#desk.cancelCalls.refuseAll(error);
    this.#desk.checkIdle();
  }

  #accept(ledger: Ledger, seq: number): void {
    const { records } = ledger;
    const consumer = records.take(seq);
    if (consumer === undefined) return;
    ledger.isInUse = true;
    this.tally.accepted += 1;
    consumer.accepted(records.takenSlot);
  }

  #refuseHanded({ records }: Ledger, errorOf: (task: Handed) => TqError): void {
    for (const seq of records.seqs()) {
      const consumer = records.take(seq);
      if (consumer === undefined) continue;
      const traceparent = consumer.settings?.traceparent;
      consumer.refused(records.takenSlot, errorOf({ origin: records.origin, seq, traceparent }));
    }
  }

  #forEachWaiting(ids: IdRuns, visit: (consumer: Consumer, slot: number, task: Handed) => void): void {
    forEachRun(ids, ({ origin, first, count }) => {
      const records = this.#desk.ledgers.get(origin)?.records;
      if (records === undefined) return;
      for (let seq = first; seq < first + count; seq++) {
        const consumer = records.take(seq);
        if (consumer === undefined) continue;
        const traceparent = consumer.settings?.traceparent;
        visit(consumer, records.takenSlot, { origin, seq, traceparent });
      }
    });
  }
}

const noDuplicate = {
  code: "TQ_ERR_PROTOCOL",
  message: "it was said to be a duplicate, of no task or without a key; it may run",
};

const outputGone = {
  code: "TQ_ERR_UNKNOWN_OUTCOME",
  message: "it completed, but its output is not there any more",
};

function outcomeOf(status: UnsuccessfulOutcome["status"], error: unknown): UnsuccessfulOutcome {
  // What a peer gives as an error is read like anything thrown: it may be anything.
  if (status === "failed" || status === "dead") return { status, error: toRemoteError(error) };
  return { status };
}
