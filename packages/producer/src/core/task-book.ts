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

  constructor(origins: SubmitOrigins) {
    this.#sink = createPage(origins.sink, "sink");
    this.#answer = createPage(origins.answer, "answer");
  }

  /** Whether all of these were handed to this ventilator. */
  owns(ids: IdRuns): boolean {
    let isOwn = true;
    forEachRun(ids, ({ origin, first, count }) => {
      const page = this.#page(origin);
      if (page === undefined || first + count > page.nextSeq) isOwn = false;
    });
    return isOwn;
  }

  keep(batch: SubmitBatch): void {
    const page = batch.reply === "sink" ? this.#sink : this.#answer;
    page.kept.keep(batch);
    const [, first = 0, count = 0] = batch.ids.runs;
    page.nextSeq = first + count;
  }

  /** The ventilator has them. Answered ones are kept on: they live in its memory only. */
  accepted(ids: IdRuns): void {
    const { kept, unsettled } = this.#sink;
    this.#forEach(ids, ({ reply }, first, count) => {
      if (reply === "sink") kept.release(first, count, (from, run) => unsettled.addRun(from, run));
    });
  }

  /** They are over: settled, answered or rejected. */
  ended(ids: IdRuns): void {
    this.#forEach(ids, ({ kept, unsettled, cancelled }, first, count) => {
      kept.release(first, count);
      unsettled.deleteRun(first, count);
      cancelled.deleteRun(first, count);
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
    return [...this.#sink.kept.again(), ...this.#answer.kept.again()];
  }

  /** One of those as two. */
  split(batch: SubmitBatch, count: number): readonly [SubmitBatch, SubmitBatch] {
    return (batch.reply === "sink" ? this.#sink : this.#answer).kept.split(batch, count);
  }

  /** Cancellations to say again in a fresh session. */
  cancelled(): IdRuns {
    const ids = new IdRunsBuilder();
    for (const { origin, cancelled } of [this.#sink, this.#answer]) addAll(ids, origin, cancelled);
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
    return {
      unaccepted: this.#sink.kept.tasks,
      unsettled: this.#sink.unsettled.count,
      unanswered: this.#answer.kept.tasks,
    };
  }

  #page(origin: Origin): Page | undefined {
    if (origin === this.#sink.origin) return this.#sink;
    return origin === this.#answer.origin ? this.#answer : undefined;
  }

  #forEach(ids: IdRuns, visit: (page: Page, first: number, count: number) => void): void {
    forEachRun(ids, ({ origin, first, count }) => {
      const page = this.#page(origin);
      if (page !== undefined) visit(page, first, count);
    });
  }
}

function createPage(origin: Origin, reply: Reply): Page {
  return {
    origin,
    reply,
    kept: new KeptBatches(),
    unsettled: new SeqSet(),
    cancelled: new SeqSet(),
    nextSeq: 1,
  };
}

function addAll(ids: IdRunsBuilder, origin: Origin, seqs: SeqSet): void {
  seqs.forEachRange((first, count) => ids.addRun(origin, first, count));
}
