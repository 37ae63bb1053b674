/**
 * A loop's end of the inboxes: which definitions it reads, in turn, and the batch it is working through.
 *
 * It works on one batch at a time. Which inboxes are its own is decided in `inboxes.ts`.
 */
import type { Entry, Inbox } from "./inbox.ts";
import type { ResultBatch } from "./result-batch.ts";

/** Reads one definition; a missing contract id reads them all. No selector at all: whatever nobody else reads. */
export interface Selector {
  readonly name: string;
  readonly contract?: string | undefined;
}

/** Whether some definition would belong to both. Two without a selector always clash; one without never does. */
export function overlaps(one: Selector | undefined, other: Selector | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.name !== other.name) return false;
  return one.contract === undefined || other.contract === undefined || one.contract === other.contract;
}

/** A batch in a loop's hands. Rows below `committed` are final, those from `from` on are the loop's. */
export class Reading {
  readonly inbox: Inbox;
  readonly entry: Entry;
  readonly from: number;
  committed: number;
  /** Rows below it have been dealt with by the core. */
  flushed: number;
  /** The core knows that there is something to flush. */
  isDirty = false;

  constructor(inbox: Inbox, entry: Entry) {
    this.inbox = inbox;
    this.entry = entry;
    this.from = entry.from;
    this.committed = entry.from;
    this.flushed = entry.from;
  }

  get batch(): ResultBatch {
    return this.entry.batch;
  }

  get isDone(): boolean {
    return this.committed === this.entry.batch.count;
  }
}

export class InboxReader {
  readonly selector: Selector | undefined;
  /** Found nothing, and wants to be told when there is something. */
  isWaiting = false;
  reading: Reading | undefined;
  #inboxes: readonly Inbox[] = [];
  #turn = 0;

  constructor(selector: Selector | undefined) {
    this.selector = selector;
  }

  assign(inboxes: readonly Inbox[]): void {
    this.#inboxes = inboxes;
  }

  /** The next batch, from each inbox in turn. */
  take(): Reading | undefined {
    const inboxes = this.#inboxes;
    for (let tried = 0; tried < inboxes.length; tried++) {
      this.#turn = (this.#turn + 1) % inboxes.length;
      const inbox = inboxes[this.#turn];
      const entry = inbox?.take();
      if (inbox === undefined || entry === undefined) continue;
      this.isWaiting = false;
      this.reading = new Reading(inbox, entry);
      return this.reading;
    }
    this.reading = undefined;
    this.isWaiting = true;
    return undefined;
  }
}
