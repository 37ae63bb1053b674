/**
 * What ventilators tell of tasks, brought to the submitter. Any of them may speak of any task of this producer: of one that
 * was handed on, whoever is first, and another one perhaps again.
 */
import type { OutcomeStatus } from "@tq/common";
import { countIds, forEachRun, IdRunsBuilder, type Reply, SeqSet } from "@tq/common/protocol";
import type { Accepted, Answer, Duplicate, IdRuns, Origin, Rejected, Settled } from "@tq/common/wire";
import { mention } from "./events.ts";
import type { Failover } from "./failover.ts";
import type { Told } from "./link-hub.ts";
import type { ProducerPort } from "./port.ts";
import type { VentilatorLink } from "./ventilator-link.ts";

/** Somebody else may take what is refused for one of these. */
const refusedHereOnly = new Set(["TQ_ERR_CLOSED", "TQ_ERR_STORAGE_FULL", "TQ_ERR_NO_SINK"]);

/** Ends that the sink may not have been asked for. */
const mayBeUnasked: ReadonlySet<OutcomeStatus> = new Set(["cancelled", "expired"]);

export interface TellingParts {
  readonly links: readonly VentilatorLink[];
  readonly port: ProducerPort;
  readonly failover: Failover;
}

export class Telling {
  readonly #parts: TellingParts;
  /** Who is telling an answer just now. */
  answering: VentilatorLink | undefined;

  constructor(parts: TellingParts) {
    this.#parts = parts;
  }

  owns(ids: IdRuns): boolean {
    let isOwn = true;
    forEachRun(ids, ({ origin, first, count }) => {
      isOwn &&= this.#parts.links.some(({ book }) => book.owns(origin, first, count));
    });
    return isOwn;
  }

  told(now: number, link: VentilatorLink, message: Told): void {
    switch (message.verb) {
      case "ACCEPTED":
        return this.#accepted(link, message);
      case "DUPLICATE":
        return this.#duplicate(message);
      case "REJECTED":
        return this.#rejected(now, link, message);
      case "SETTLED":
        return this.#settled(link, message);
      case "ANSWER":
        return this.#answer(link, message);
    }
  }

  /** Others have these idempotency keys: nothing will come of these ids. The first tasks may be anybody's. */
  #duplicate(message: Duplicate): void {
    for (const { book } of this.#parts.links) book.ended(message.ids);
    this.#parts.port.events.duplicate?.(message);
  }

  /** Over, and nobody knows any more how. */
  ended(ids: IdRuns, endpoint: string): void {
    if (ids.runs.length === 0) return;
    const cancelled = this.#cancelledOf(ids);
    for (const { book } of this.#parts.links) book.ended(ids);
    if (cancelled.runs.length === 0) return;
    const message = `the ventilator at ${endpoint} was started anew; the task is over, and how it ended is not known there any more`;
    this.#parts.port.events.rejected(cancelled, "TQ_ERR_UNKNOWN_TASK", message);
  }

  #accepted(link: VentilatorLink, { ids }: Accepted): void {
    link.book.accepted(ids);
    for (const { book } of this.#parts.links) if (book !== link.book) book.promised(ids);
    this.#parts.port.events.accepted(ids);
  }

  /** Of a sink-bound task once: whoever has repeated it, or has run it a second time, is passed over. */
  #settled(link: VentilatorLink, { outcome, ids: told }: Settled): void {
    const news = new IdRunsBuilder();
    const { links } = this.#parts;
    const ids = mayBeUnasked.has(outcome) ? this.#decidedBy(link, told) : told;
    forEachRun(ids, ({ origin, first, count }) => {
      if (this.#replyOf(origin) !== "sink") news.addRun(origin, first, count);
    });
    const visit = (origin: Origin, first: number, count: number): void => {
      if (this.#replyOf(origin) === "sink") news.addRun(origin, first, count);
    };
    for (const { book } of links) book.ended(ids, visit);
    if (news.count > 0)
      this.#parts.port.events.settled(outcome, news.count === countIds(ids) ? ids : news.take());
  }

  /**
   * A ventilator that has never handed a task out need not ask the sink before it says that nothing will come of it. If the
   * task is another one's by now, that one may have had it run: then its word counts, and it has to ask.
   */
  #decidedBy({ book }: VentilatorLink, ids: IdRuns): IdRuns {
    const decided = new IdRunsBuilder();
    forEachRun(ids, ({ origin, first, count }) => {
      if (this.#replyOf(origin) !== "sink") decided.addRun(origin, first, count);
    });
    book.acceptedOf(ids, decided);
    return decided.take();
  }

  #answer(link: VentilatorLink, message: Answer): void {
    for (const { book } of this.#parts.links) book.ended(message.ids);
    this.answering = link;
    this.#parts.port.events.answer(message.outcome, message);
    this.answering = undefined;
  }

  /**
   * A refusal by whoever has a task is its end, unless somebody else may take it. One by a ventilator that it was taken from
   * says nothing.
   */
  #rejected(now: number, link: VentilatorLink, { ids, code, message }: Rejected): void {
    const { own, other } = this.#partsOf(ids, link);
    const { failover, port } = this.#parts;
    if (refusedHereOnly.has(code)) {
      const refused = failover.refused(now, link, own);
      if (refused.runs.length > 0) port.events.rejected(refused, code, message);
    } else this.#end(link, own, { code, message });
    if (other.runs.length === 0) return;
    link.book.ended(other);
    port.events.rejected(other, code, message);
  }

  /** Refused for good. */
  #end(link: VentilatorLink, ids: IdRuns, { code, message }: Pick<Rejected, "code" | "message">): void {
    if (ids.runs.length === 0) return;
    const { port } = this.#parts;
    const lost = new IdRunsBuilder();
    const { endpoint } = link.address;
    const isInDoubt = code === "TQ_ERR_IDEMPOTENCY_CONFLICT" && link.book.isDoubtful(ids);
    if (code !== "TQ_ERR_UNKNOWN_TASK") link.book.promisedOf(ids, lost);
    link.book.ended(ids);
    if (lost.count > 0) port.report({ type: "tasks.lost", endpoint, code, message, ...mention(lost.take()) });
    if (!isInDoubt) return port.events.rejected(ids, code, message);
    // Another one, which is gone, may have taken it under the same key, and run it.
    const doubt = `a ventilator that is gone may have accepted it; the one at ${endpoint} refuses it: ${message}`;
    port.events.rejected(ids, "TQ_ERR_UNKNOWN_OUTCOME", doubt);
  }

  #replyOf(origin: Origin): Reply | undefined {
    for (const { book } of this.#parts.links) {
      const reply = book.replyOf(origin);
      if (reply !== undefined) return reply;
    }
    return undefined;
  }

  /** Of these, what this link has and another one might take; and what nobody has, and pushed tasks. */
  #partsOf(ids: IdRuns, link: VentilatorLink): { own: IdRuns; other: IdRuns } {
    const own = new IdRunsBuilder();
    const other = new IdRunsBuilder();
    forEachRun(ids, (run) => {
      const rest = new SeqSet();
      rest.addRun(run.first, run.count);
      for (const { book } of this.#parts.links) {
        if (book.replyOf(run.origin) === "push") continue;
        book.forEachKept(run, (first, count) => {
          rest.deleteRun(first, count);
          if (book === link.book) own.addRun(run.origin, first, count);
        });
      }
      rest.forEachRange((first, count) => other.addRun(run.origin, first, count));
    });
    return { own: own.take(), other: other.take() };
  }

  #cancelledOf(ids: IdRuns): IdRuns {
    const cancelled = new IdRunsBuilder();
    for (const { book } of this.#parts.links) book.cancelledOf(ids, cancelled);
    return cancelled.take();
  }
}
