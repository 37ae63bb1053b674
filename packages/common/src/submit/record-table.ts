/**
 * Who waits for which seq of one origin.
 *
 * Two array writes per task: pages of consecutive seqs, a page gone as soon as nobody on it is waited for. One array from
 * the oldest seq on would grow without end behind a single task that takes an hour; a Map entry per task costs ten times
 * as much.
 */
import type { Origin } from "../wire/index.ts";
import type { Consumer } from "./consumer.ts";

const pageSeqs = 1024;
/** Emptied pages kept for the next seqs. */
const sparePagesMax = 4;

class Page {
  readonly consumers = new Array<Consumer | undefined>(pageSeqs).fill(undefined);
  readonly slots = new Array<number>(pageSeqs).fill(0);
  live = 0;
}

export class RecordTable {
  readonly origin: Origin;
  /** Records in it. */
  live = 0;
  /** The slot of what `take` gave last. */
  takenSlot = 0;
  readonly #pages = new Map<number, Page>();
  readonly #spare: Page[] = [];
  #last: Page | undefined;
  #lastIndex = -1;
  #next = 1;

  constructor(origin: Origin) {
    this.origin = origin;
  }

  /** The seq that the next record gets. */
  get nextSeq(): number {
    return this.#next;
  }

  /** What it takes of memory. */
  get pageCount(): number {
    return this.#pages.size;
  }

  /** Gives the next seq to a task. */
  add(consumer: Consumer, slot: number): number {
    const seq = this.#next++;
    const page = this.#page(Math.floor(seq / pageSeqs)) ?? this.#newPage(Math.floor(seq / pageSeqs));
    page.consumers[seq % pageSeqs] = consumer;
    page.slots[seq % pageSeqs] = slot;
    page.live += 1;
    this.live += 1;
    return seq;
  }

  /** Whoever waits for the seq, who then waits no more; `takenSlot` is the slot. */
  take(seq: number): Consumer | undefined {
    const index = Math.floor(seq / pageSeqs);
    const page = this.#page(index);
    const consumer = page?.consumers[seq % pageSeqs];
    if (page === undefined || consumer === undefined) return undefined;
    this.takenSlot = page.slots[seq % pageSeqs] ?? 0;
    page.consumers[seq % pageSeqs] = undefined;
    page.live -= 1;
    this.live -= 1;
    if (page.live === 0 && (index + 1) * pageSeqs <= this.#next) this.#drop(index, page);
    return consumer;
  }

  /** The seqs that are waited for. */
  seqs(): number[] {
    const seqs: number[] = [];
    for (const [index, page] of this.#pages) {
      for (let offset = 0; offset < pageSeqs; offset++) {
        if (page.consumers[offset] !== undefined) seqs.push(index * pageSeqs + offset);
      }
    }
    return seqs;
  }

  #page(index: number): Page | undefined {
    if (index === this.#lastIndex) return this.#last;
    const page = this.#pages.get(index);
    if (page === undefined) return undefined;
    this.#last = page;
    this.#lastIndex = index;
    return page;
  }

  #newPage(index: number): Page {
    const page = this.#spare.pop() ?? new Page();
    this.#pages.set(index, page);
    return page;
  }

  #drop(index: number, page: Page): void {
    this.#pages.delete(index);
    if (index === this.#lastIndex) {
      this.#last = undefined;
      this.#lastIndex = -1;
    }
    if (this.#spare.length < sparePagesMax) this.#spare.push(page);
  }
}
