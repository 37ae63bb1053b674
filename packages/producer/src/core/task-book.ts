/** All tasks that were handed to one ventilator and are not over, and what is still owed for each. */
import {
  forEachRun,
  IdRunsBuilder,
  type Reply,
  SeqSet,
  type SubmitBatch,
  type SubmitOrigins,
} from "@tq/common/protocol";
import type { IdRuns, Origin } from "@tq/common/wire";
import { KeptBatches } from "./kept-batches.ts";

interface Page {
  readonly origin: Origin;
  readonly reply: Reply;
  /** What may have to be said again. */
  readonly kept: KeptBatches;
  /** The ventilator has accepted some of it. */
  isInUse: boolean;
  /** Sink-bound: accepted and not known to be final. */
  readonly unsettled: SeqSet;
  /** Cancellations without a reply. */
  readonly cancelled: SeqSet;
  /** Seqs below it were handed over. */
  nextSeq: number;
}

export class TaskBook {
  readonly #sink: Page;
  readonly #answer: Page;
  /** By origin. Pushed tasks have a page for each definition, kept only until they are accepted. */
  readonly #pages = new Map<Origin, Page>();

  constructor(origins: SubmitOrigins) {
    this.#sink = this.#begin(origins.sink, "sink");
    this.#answer = this.#begin(origins.answer, "answer");
  }

  has(origin: Origin): boolean {
    return this.#pages.has(origin);
  }

  /** Whether all of these were handed to this ventilator. */
  owns(ids: IdRuns): boolean {
    let isOwn = true;
    forEachRun(ids, ({ origin, first, count }) => {
      const page = this.#pages.get(origin);
      if (page === undefined || first + count > page.nextSeq) isOwn = false;
    });
    return isOwn;
  }

  keep(batch: SubmitBatch): void {
    const [origin = ""] = batch.ids.origins;
    const [, first = 0, count = 0] = batch.ids.runs;
    const page = this.#pages.get(origin) ?? this.#begin(origin, batch.reply);
    page.kept.keep(batch);
    page.nextSeq = first + count;
  }

  /** The ventilator has them. Answered ones are kept on: they live in its memory only. */
  accepted(ids: IdRuns): void {
    this.#forEach(ids, (page, first, count) => {
      const { reply, kept, unsettled } = page;
      page.isInUse = true;
      if (reply === "sink") kept.release(first, count, (from, run) => unsettled.addRun(from, run));
      else if (reply === "push") kept.release(first, count);
    });
  }

  /** They are over: settled, answered or rejected. */
  ended(ids: IdRuns): void {
    this.#forEach(ids, (page, first, count) => {
      const { reply, kept, unsettled, cancelled, isInUse } = page;
      kept.release(first, count);
      unsettled.deleteRun(first, count);
      cancelled.deleteRun(first, count);
      // The submitter takes another origin after a refusal: what was refused as a whole is not heard of again.
      if (reply === "push" && !isInUse && kept.tasks === 0) this.#pages.delete(page.origin);
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
  again(): SubmitBatch[] {
    return [...this.#pages.values()].flatMap(({ kept }) => kept.again());
  }

  /** One of those as two. */
  split(batch: SubmitBatch, count: number): readonly [SubmitBatch, SubmitBatch] {
    const [origin = ""] = batch.ids.origins;
    return (this.#pages.get(origin) ?? this.#sink).kept.split(batch, count);
  }

  /** Cancellations to say again in a fresh session. */
  cancelled(): IdRuns {
    const ids = new IdRunsBuilder();
    for (const { origin, cancelled } of this.#pages.values()) addAll(ids, origin, cancelled);
    return ids.take();
  }

  /** The ventilator has lost its memory, and with it what it had accepted. `cancelled`: those of them with a cancellation. */
  forgotten(): { readonly lost: IdRuns; readonly cancelled: IdRuns } {
    const { origin, unsettled, cancelled } = this.#sink;
    const lost = new IdRunsBuilder();
    const lostCancelled = new IdRunsBuilder();
    addAll(lost, origin, unsettled);
    cancelled.forEachRange((first, count) => {
      for (let seq = first; seq < first + count; seq++)
        if (unsettled.has(seq)) lostCancelled.add(origin, seq);
    });
    const ids = { lost: lost.take(), cancelled: lostCancelled.take() };
    this.ended(ids.lost);
    return ids;
  }

  counts(): { readonly unaccepted: number; readonly unsettled: number; readonly unanswered: number } {
    let unaccepted = 0;
    for (const { reply, kept } of this.#pages.values()) if (reply !== "answer") unaccepted += kept.tasks;
    return {
      unaccepted,
      unsettled: this.#sink.unsettled.count,
      unanswered: this.#answer.kept.tasks,
    };
  }

  #begin(origin: Origin, reply: Reply): Page {
    const page = createPage(origin, reply);
    this.#pages.set(origin, page);
    return page;
  }

  #forEach(ids: IdRuns, visit: (page: Page, first: number, count: number) => void): void {
    forEachRun(ids, ({ origin, first, count }) => {
      const page = this.#pages.get(origin);
      if (page !== undefined) visit(page, first, count);
    });
  }
}

function createPage(origin: Origin, reply: Reply): Page {
  return {
    origin,
    reply,
    kept: new KeptBatches(),
    isInUse: false,
    unsettled: new SeqSet(),
    cancelled: new SeqSet(),
    nextSeq: 1,
  };
}

function addAll(ids: IdRunsBuilder, origin: Origin, seqs: SeqSet): void {
  seqs.forEachRange((first, count) => ids.addRun(origin, first, count));
}
