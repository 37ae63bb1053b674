/**
 * The results of one definition that wait for a loop, in the order they came, and the credit that bounds them.
 *
 * What a loop has taken and not yet committed still counts as waiting: it is still here, and still nobody's.
 */
import { bytesOfValues, type SessionId } from "@tq/common/wire";
import { CreditPool, type CreditShare } from "./credit-pool.ts";
import type { SinkLimits } from "./limits.ts";
import type { ResultBatch } from "./result-batch.ts";

/** A batch on its way through the sink. */
export interface Entry {
  readonly batch: ResultBatch;
  /** Who offered it; nobody, where it came by the push lane's pipe. */
  readonly session: SessionId | undefined;
  /** The credit it used; absent for a proposal. */
  readonly share: CreditShare | undefined;
  /** First row that is not committed, once it was given back. */
  from: number;
}

/** Entries that were taken leave holes at the front; they are closed when they are many. */
const holesMax = 1024;

export class Inbox {
  readonly name: string;
  readonly contract: string | undefined;
  readonly credit: CreditPool;
  /** Rows and bytes that are not committed. */
  waiting = 0;
  waitingBytes = 0;
  /** Of the rows, those of the push lane: no ventilator waits for them. */
  waitingPushed = 0;
  #entries: (Entry | undefined)[] = [];
  #head = 0;

  constructor(definition: { name: string; contract: string | undefined }, limits: SinkLimits) {
    this.name = definition.name;
    this.contract = definition.contract;
    this.credit = new CreditPool(limits);
  }

  /** Nobody would notice if it were gone. */
  get isDisposable(): boolean {
    return this.waiting === 0 && this.credit.shareCount === 0;
  }

  /** To be taken by a loop. */
  add(entry: Entry): void {
    this.count(entry);
    this.#entries.push(entry);
  }

  /** It is here, and on its way into the store: no loop takes it from here. */
  count(entry: Entry): void {
    this.waiting += entry.batch.count;
    this.waitingBytes += bytesOfValues(entry.batch.values);
    if (entry.session === undefined) this.waitingPushed += entry.batch.count;
  }

  /** The oldest entry. */
  take(): Entry | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#entries.length || this.#head >= holesMax) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** An entry that was taken comes first again. */
  giveBack(entry: Entry): void {
    if (this.#head === 0) {
      this.#entries.unshift(entry);
      return;
    }
    this.#head -= 1;
    this.#entries[this.#head] = entry;
  }

  /** So many rows of an entry are final. */
  committed(entry: Entry, rows: number, bytes: number): void {
    this.waiting -= rows;
    this.waitingBytes -= bytes;
    if (entry.session === undefined) this.waitingPushed -= rows;
    if (entry.share !== undefined) this.credit.release(entry.share, rows, bytes);
  }

  /** The entries that no loop has taken. */
  entries(): Entry[] {
    return this.#entries.filter((entry) => entry !== undefined);
  }
}
