/**
 * All definitions with results here or workers that may send some, and which loop reads which of them.
 *
 * A loop for one definition reads what has its name and contract id; where either side has no contract id, the name
 * decides. One loop without a selector may run beside them: it reads what no other loop reads, batch by batch, so a loop
 * that starts later takes over from the next batch on.
 */
import { TqError } from "@tq/common";
import { invariant } from "@tq/common/contract";
import { type Entry, Inbox } from "./inbox.ts";
import { InboxReader, overlaps, type Reading, type Selector } from "./inbox-reader.ts";
import type { SinkLimits } from "./limits.ts";
import type { Rows } from "./result-batch.ts";

export class Inboxes {
  readonly #limits: SinkLimits;
  readonly #offered: (reader: InboxReader) => void;
  readonly #inboxes = new Map<string, Inbox>();
  readonly #readers = new Set<InboxReader>();
  #readerOf = new Map<Inbox, InboxReader>();

  constructor(limits: SinkLimits, offered: (reader: InboxReader) => void) {
    this.#limits = limits;
    this.#offered = offered;
  }

  get all(): IterableIterator<Inbox> {
    return this.#inboxes.values();
  }

  isRead(inbox: Inbox): boolean {
    return this.#readerOf.has(inbox);
  }

  open(name: string, contract: string | undefined): Inbox {
    const key = `${name}\n${contract ?? ""}`;
    let inbox = this.#inboxes.get(key);
    if (inbox === undefined) {
      inbox = new Inbox({ name, contract }, this.#limits);
      this.#inboxes.set(key, inbox);
      this.#assign();
    }
    return inbox;
  }

  /** Forgets a definition that has neither results nor workers. */
  tidy(inbox: Inbox): void {
    if (!inbox.isDisposable) return;
    const key = `${inbox.name}\n${inbox.contract ?? ""}`;
    if (this.#inboxes.get(key) !== inbox) return;
    this.#inboxes.delete(key);
    this.#assign();
  }

  add(inbox: Inbox, entry: Entry): void {
    inbox.add(entry);
    this.#wake(inbox);
  }

  openReader(selector: Selector | undefined): InboxReader {
    for (const { selector: other } of this.#readers) {
      if (!overlaps(selector, other)) continue;
      const what = selector === undefined ? "all results" : `the results of ${selector.name}`;
      throw new TqError("TQ_ERR_RESULTS_IN_USE", `another loop already reads ${what}`);
    }
    const reader = new InboxReader(selector);
    this.#readers.add(reader);
    this.#assign();
    return reader;
  }

  /** Gives the next batch to a loop that is through with the one before. */
  take(reader: InboxReader): Reading | undefined {
    invariant(this.#readers.has(reader), "only an open reader takes");
    invariant(reader.reading?.isDone ?? true, "a reader commits a batch before it takes the next");
    return reader.take();
  }

  /** What the loop took and did not commit is there again for the next one. */
  closeReader(reader: InboxReader): void {
    if (!this.#readers.delete(reader)) return;
    const { reading } = reader;
    this.#assign();
    if (reading === undefined || reading.isDone) return;
    const { inbox, entry, committed } = reading;
    entry.from = committed;
    inbox.giveBack(entry);
    this.#wake(inbox);
  }

  /** All that is here and not committed, in loops' hands or not. */
  uncommitted(): Rows[] {
    const rows: Rows[] = [];
    for (const { reading } of this.#readers) {
      if (reading === undefined || reading.isDone) continue;
      rows.push({ batch: reading.batch, from: reading.committed, to: reading.batch.count });
    }
    for (const inbox of this.#inboxes.values()) {
      for (const { batch, from } of inbox.entries()) rows.push({ batch, from, to: batch.count });
    }
    return rows;
  }

  #wake(inbox: Inbox): void {
    const reader = this.#readerOf.get(inbox);
    if (!reader?.isWaiting) return;
    reader.isWaiting = false;
    this.#offered(reader);
  }

  #assign(): void {
    const readerOf = new Map<Inbox, InboxReader>();
    const inboxesOf = new Map<InboxReader, Inbox[]>();
    for (const reader of this.#readers) inboxesOf.set(reader, []);
    for (const inbox of this.#inboxes.values()) {
      const reader = this.#findReader(inbox);
      if (reader === undefined) continue;
      readerOf.set(inbox, reader);
      inboxesOf.get(reader)?.push(inbox);
    }
    const before = this.#readerOf;
    this.#readerOf = readerOf;
    for (const [reader, inboxes] of inboxesOf) reader.assign(inboxes);
    for (const [inbox, reader] of readerOf) if (before.get(inbox) !== reader) this.#wake(inbox);
  }

  #findReader(inbox: Inbox): InboxReader | undefined {
    let catchAll: InboxReader | undefined;
    for (const reader of this.#readers) {
      if (reader.selector === undefined) catchAll = reader;
      else if (overlaps(reader.selector, inbox)) return reader;
    }
    return catchAll;
  }
}
