/**
 * All tasks that one ventilator is to see to: handed to it, or handed on from another one; and what is still owed for each.
 *
 * Sink-bound tasks are kept with their inputs until they are settled, because a ventilator that forgets them, or does not
 * come back, leaves nobody else who has them. Pushed ones only until they are accepted: that is all that is promised.
 */
import { forEachRun, IdRunsBuilder, type Reply, SeqSet, type SubmitOrigins } from "@tq/common/protocol";
import type { IdRuns, Origin } from "@tq/common/wire";
import { KeptBatches, type KeptBytes } from "./kept-batches.ts";
import { cutBy, type KeptBatch, runOf } from "./slice-batch.ts";

interface Page {
  readonly origin: Origin;
  readonly reply: Reply;
  /** What may have to be said again, here or elsewhere. */
  readonly kept: KeptBatches;
  /** The ventilator has accepted some of it. */
  isInUse: boolean;
  /** Sink-bound: accepted by this ventilator and not known to be final. */
  readonly accepted: SeqSet;
  /** Sink-bound: accepted elsewhere or by an earlier start, so that a refusal is not their end. */
  readonly promised: SeqSet;
  /** Sink-bound: a ventilator that is gone may have accepted it without having said so, so that a refusal is not its end. */
  readonly doubtful: SeqSet;
  /** Of the accepted ones, those of which another start of the ventilator is asked whether it has them. */
  readonly reclaiming: SeqSet;
  /** Cancellations without a reply. */
  readonly cancelled: SeqSet;
  /** Seqs below it were handed over. */
  nextSeq: number;
}

/** A batch on its way to another ventilator. */
export interface Moving {
  readonly batch: KeptBatch;
  /** It was accepted: somebody counts on it. */
  readonly isPromised: boolean;
  /** A ventilator that is gone may have accepted it without having said so. */
  readonly isDoubtful?: boolean;
  readonly cancelled: IdRuns;
}

export interface BookCounts {
  readonly unaccepted: number;
  readonly unsettled: number;
  readonly unanswered: number;
}

export class TaskBook {
  /** By origin. Pushed tasks have a page for each definition, and what was handed on one for each origin. */
  readonly #pages = new Map<Origin, Page>();
  readonly #meter: KeptBytes;

  constructor(origins: SubmitOrigins, meter: KeptBytes) {
    this.#meter = meter;
    this.#begin(origins.sink, "sink");
    this.#begin(origins.answer, "answer");
  }

  /** Whether tasks of this origin were handed to it. */
  has(origin: Origin): boolean {
    return this.#pages.has(origin);
  }

  /** What becomes of the tasks of an origin, if any were handed to it. */
  replyOf(origin: Origin): Reply | undefined {
    return this.#pages.get(origin)?.reply;
  }

  /** Whether all of this run was. */
  owns(origin: Origin, first: number, count: number): boolean {
    return first + count <= (this.#pages.get(origin)?.nextSeq ?? 0);
  }

  /** Whether it has tasks that another ventilator can be given. */
  get isMovable(): boolean {
    for (const { reply, kept, cancelled } of this.#pages.values())
      if (reply !== "push" && kept.tasks + cancelled.count > 0) return true;
    return false;
  }

  keep(
    batch: KeptBatch,
    { isPromised = false, isDoubtful = false }: { isPromised?: boolean; isDoubtful?: boolean } = {},
  ): void {
    const { origin, first, count } = runOf(batch);
    const page = this.#pages.get(origin) ?? this.#begin(origin, batch.reply);
    page.kept.keep(batch);
    page.nextSeq = Math.max(page.nextSeq, first + count);
    if (isPromised) page.promised.addRun(first, count);
    if (isDoubtful) page.doubtful.addRun(first, count);
  }

  /** Whether somebody has accepted it who is not asked now, and its idempotency keys would say otherwise. */
  isPromised(batch: KeptBatch): boolean {
    if (batch.options.key === undefined) return false;
    const { origin, first, count } = runOf(batch);
    return (this.#pages.get(origin)?.promised.overlap(first, count) ?? 0) > 0;
  }

  keepsAny(batch: KeptBatch): boolean {
    let isKept = false;
    this.forEachKept(runOf(batch), () => {
      isKept = true;
    });
    return isKept;
  }

  keeps(origin: Origin): boolean {
    return (this.#pages.get(origin)?.kept.tasks ?? 0) > 0;
  }

  forEachKept(
    run: { origin: Origin; first: number; count: number },
    visit: (first: number, count: number) => void,
  ): void {
    this.#pages.get(run.origin)?.kept.forEachKept(run.first, run.count, visit);
  }

  /** The ventilator has them. Answered ones are kept on: they live in its memory only. */
  accepted(ids: IdRuns): void {
    this.#forEach(ids, (page, first, count) => {
      page.isInUse = true;
      if (page.reply === "push") page.kept.release(first, count);
      if (page.reply !== "sink") return;
      page.kept.forEachKept(first, count, (from, run) => page.accepted.addRun(from, run));
    });
  }

  /** Another ventilator has accepted them, late: whoever submitted them counts on it. */
  promised(ids: IdRuns): void {
    this.#forEach(ids, ({ reply, kept, promised }, first, count) => {
      if (reply === "sink") kept.forEachKept(first, count, (from, run) => promised.addRun(from, run));
    });
  }

  /** Those of these that its ventilator has accepted, and nobody else was given since. */
  acceptedOf(ids: IdRuns, to: IdRunsBuilder): void {
    this.#forEach(ids, ({ origin, accepted }, first, count) =>
      addCommon(to, accepted, { origin, first, count }),
    );
  }

  /** Those of these that somebody has accepted. */
  promisedOf(ids: IdRuns, to: IdRunsBuilder): void {
    this.#forEach(ids, ({ origin, accepted, promised }, first, count) => {
      for (let seq = first; seq < first + count; seq++) {
        if (accepted.has(seq) || promised.has(seq)) to.add(origin, seq);
      }
    });
  }

  /** Whether a ventilator that is gone may have accepted some of these. */
  isDoubtful(ids: IdRuns): boolean {
    let isSome = false;
    this.#forEach(ids, ({ doubtful }, first, count) => {
      isSome ||= doubtful.overlap(first, count) > 0;
    });
    return isSome;
  }

  /** Those of these that somebody wants to be cancelled. */
  cancelledOf(ids: IdRuns, to: IdRunsBuilder): void {
    this.#forEach(ids, ({ origin, cancelled }, first, count) =>
      addCommon(to, cancelled, { origin, first, count }),
    );
  }

  /** They are over: settled, answered or rejected. Visits those that were kept. */
  ended(ids: IdRuns, visit?: (origin: Origin, first: number, count: number) => void): void {
    this.#forEach(ids, (page, first, count) => {
      const { origin, reply, kept, isInUse } = page;
      if (visit === undefined) kept.release(first, count);
      else kept.release(first, count, (from, run) => visit(origin, from, run));
      for (const seqs of [page.accepted, page.promised, page.doubtful, page.reclaiming, page.cancelled]) {
        if (seqs.count > 0) seqs.deleteRun(first, count);
      }
      // The submitter takes another origin after a refusal: what was refused as a whole is not heard of again.
      if (reply === "push" && !isInUse && kept.tasks === 0) this.#pages.delete(origin);
    });
  }

  /**
   * Nobody wants these any more. An answered one need not be said again: if the ventilator never had it, there is nothing to
   * cancel.
   */
  cancel(ids: IdRuns): void {
    this.#forEach(ids, ({ reply, kept, cancelled }, first, count) => {
      cancelled.addRun(first, count);
      if (reply === "answer") kept.release(first, count);
    });
  }

  /** Submissions to say again in a fresh session, in the order of their seqs. */
  again(): KeptBatch[] {
    return [...this.#pages.values()].flatMap(({ kept, accepted }) => kept.again(accepted));
  }

  /** One of those as two. */
  split(batch: KeptBatch, count: number): readonly [KeptBatch, KeptBatch] {
    const page = this.#pages.get(runOf(batch).origin);
    return page === undefined ? [batch, batch] : page.kept.split(batch, count);
  }

  /** Cancellations to say again: of what the ventilator has, or of one batch. */
  cancelled(batch?: KeptBatch): IdRuns {
    const ids = new IdRunsBuilder();
    if (batch !== undefined) {
      const { origin, first, count } = runOf(batch);
      const page = this.#pages.get(origin);
      if (page !== undefined) addCommon(ids, page.cancelled, { origin, first, count });
      return ids.take();
    }
    for (const page of this.#pages.values()) {
      page.cancelled.forEachRange((first, count) => {
        for (let seq = first; seq < first + count; seq++)
          if (isKnownThere(page, seq)) ids.add(page.origin, seq);
      });
    }
    return ids.take();
  }

  /**
   * What was accepted is to be asked for. `isOtherStart`: by an earlier start of the ventilator, which may have had all that
   * is kept here.
   */
  beginReclaim(isOtherStart: boolean): void {
    for (const { reply, kept, accepted, reclaiming } of this.#pages.values()) {
      if (reply !== "sink") continue;
      accepted.forEachRange((first, count) => reclaiming.addRun(first, count));
      if (!isOtherStart) continue;
      kept.amend((batch) => (batch.handedOn === true ? batch : { ...batch, handedOn: true }));
    }
  }

  isReclaiming(origin: Origin, seq: number): boolean {
    return this.#pages.get(origin)?.reclaiming.has(seq) === true;
  }

  reclaiming(): IdRuns {
    const ids = new IdRunsBuilder();
    for (const { origin, reclaiming } of this.#pages.values())
      reclaiming.forEachRange((first, count) => ids.addRun(origin, first, count));
    return ids.take();
  }

  /** The ventilator has answered for these: of what is asked for they are no more. Gives what of them was asked for. */
  reclaimed(ids: IdRuns): IdRuns {
    const known = new IdRunsBuilder();
    this.#forEach(ids, ({ origin, reclaiming }, first, count) => {
      addCommon(known, reclaiming, { origin, first, count });
      reclaiming.deleteRun(first, count);
    });
    return known.take();
  }

  /** The ventilator does not have these, though it had accepted them. Gives them as they can be said again. */
  unknown(ids: IdRuns): KeptBatch[] {
    const batches: KeptBatch[] = [];
    this.#forEach(ids, ({ kept, accepted, promised }, first, count) => {
      accepted.deleteRun(first, count);
      kept.forEachKept(first, count, (from, run) => promised.addRun(from, run));
      batches.push(...kept.within(first, count));
    });
    return batches;
  }

  /** The ventilator may have given what was for this sink to another one: it is not said any more which one it is for. */
  unpin(sink: string): void {
    for (const { kept } of this.#pages.values()) {
      kept.amend((batch) => (batch.sink === sink ? { ...batch, sink: undefined } : batch));
    }
  }

  /** Takes out what another ventilator is to be given: all of it, or these. */
  takeMovable(ids?: IdRuns): Moving[] {
    const batches: KeptBatch[] = [];
    if (ids === undefined) {
      for (const { reply, kept } of this.#pages.values()) if (reply !== "push") batches.push(...kept.again());
    } else {
      this.#forEach(ids, ({ reply, kept }, first, count) => {
        if (reply !== "push") batches.push(...kept.within(first, count));
      });
    }
    return batches
      .flatMap((batch) => this.#byStanding(batch))
      .map((batch) => {
        const { origin, first, count } = runOf(batch);
        const page = this.#pages.get(origin);
        const overlap =
          (page?.accepted.overlap(first, count) ?? 0) + (page?.promised.overlap(first, count) ?? 0);
        const isDoubtful = (page?.doubtful.overlap(first, count) ?? 0) > 0;
        const moving = { batch, isPromised: overlap > 0, isDoubtful, cancelled: this.cancelled(batch) };
        this.ended(batch.ids);
        return moving;
      });
  }

  /** Cancellations of what is not kept any more: of answered tasks, mostly. */
  takeCancelled(): IdRuns {
    const ids = new IdRunsBuilder();
    for (const { origin, reply, cancelled } of this.#pages.values()) {
      if (reply === "push") continue;
      cancelled.forEachRange((first, count) => ids.addRun(origin, first, count));
      cancelled.deleteBelow(Number.MAX_SAFE_INTEGER);
    }
    return ids.take();
  }

  /** Pushed tasks that are not accepted. */
  pushed(): IdRuns {
    const ids = new IdRunsBuilder();
    for (const { origin, reply, kept, nextSeq } of this.#pages.values())
      if (reply === "push") kept.forEachKept(1, nextSeq, (first, count) => ids.addRun(origin, first, count));
    return ids.take();
  }

  /** Accepted once, and now at nobody who has accepted them. */
  get adrift(): number {
    let tasks = 0;
    for (const { kept, accepted, promised, reclaiming } of this.#pages.values()) {
      if (promised.count > 0) tasks += kept.tasks - accepted.count;
      tasks += reclaiming.count;
    }
    return tasks;
  }

  counts(): BookCounts {
    let unaccepted = 0;
    let unsettled = 0;
    let unanswered = 0;
    for (const { reply, kept, accepted } of this.#pages.values()) {
      if (reply === "answer") unanswered += kept.tasks;
      else unaccepted += kept.tasks - accepted.count;
      unsettled += accepted.count;
    }
    return { unaccepted, unsettled, unanswered };
  }

  #begin(origin: Origin, reply: Reply): Page {
    const page: Page = {
      origin,
      reply,
      kept: new KeptBatches(reply === "sink" ? this.#meter : undefined),
      isInUse: false,
      accepted: new SeqSet(),
      promised: new SeqSet(),
      doubtful: new SeqSet(),
      reclaiming: new SeqSet(),
      cancelled: new SeqSet(),
      nextSeq: 1,
    };
    this.#pages.set(origin, page);
    return page;
  }

  /** A batch with idempotency keys, cut where what was accepted ends: what was not is held to its keys elsewhere. */
  #byStanding(batch: KeptBatch): readonly KeptBatch[] {
    const { origin, first } = runOf(batch);
    const page = this.#pages.get(origin);
    if (batch.options.key === undefined || page === undefined) return [batch];
    const isPromised = (index: number): boolean =>
      page.accepted.has(first + index) || page.promised.has(first + index);
    return cutBy(batch, isPromised);
  }

  #forEach(ids: IdRuns, visit: (page: Page, first: number, count: number) => void): void {
    forEachRun(ids, ({ origin, first, count }) => {
      const page = this.#pages.get(origin);
      if (page !== undefined) visit(page, first, count);
    });
  }
}

/** What of a sink-bound task was accepted and is not being asked for, the ventilator has; of an answered one it may. */
function isKnownThere({ reply, accepted, reclaiming }: Page, seq: number): boolean {
  return reply !== "sink" || (accepted.has(seq) && !reclaiming.has(seq));
}

function addCommon(
  to: IdRunsBuilder,
  seqs: SeqSet,
  run: { origin: Origin; first: number; count: number },
): void {
  const end = run.first + run.count;
  seqs.forEachRange((first, count) => {
    const from = Math.max(first, run.first);
    const until = Math.min(first + count, end);
    if (from < until) to.addRun(run.origin, from, until - from);
  });
}
