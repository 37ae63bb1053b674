/**
 * How much of one definition's results may be under way or waiting, and which worker may send how much of it.
 *
 * The rule: all workers share one bound. Each of n workers gets an n-th of it, never more than the limit of one window.
 * What was granted before others came is not taken back; until it is used up, a newcomer gets what it leaves of the
 * bound, but at least an eighth of its own share, and at least one result, so that nobody waits for a worker that has
 * nothing to send. So n idle workers, come one by one, hold at most 1 + ln(n) / 8 times the bound.
 *
 * Rejected: an equal share at once for every newcomer (with 100 workers more than five times the bound); nothing but
 * the rest (a worker that joins while others idle would be stuck until they work).
 */
import { CreditWindow } from "@tq/common/protocol";
import type { SessionId } from "@tq/common/wire";
import type { SinkLimits } from "./limits.ts";

/** A newcomer's least part of its share. */
const leastPart = 1 / 8;
/** A grant is worth a message when it adds this part of the window; less waits for the next heartbeat. */
const worthwhilePart = 1 / 4;

interface Amount {
  results: number;
  bytes: number;
}

/** One worker's part in the bound of one definition. */
export interface CreditShare {
  /** Whose it is. */
  readonly session: SessionId;
  /** Index in the definitions of the worker's HELLO. */
  readonly definition: number;
  readonly window: CreditWindow;
  readonly received: Amount;
  readonly released: Amount;
  isOpen: boolean;
}

export class CreditPool {
  readonly #limits: SinkLimits;
  readonly #shares = new Set<CreditShare>();
  /** Granted and not released: what may be here one day, for workers that left: what is here. */
  readonly #outstanding: Amount = { results: 0, bytes: 0 };
  /** Shares may have to be opened further. */
  isDirty = false;

  constructor(limits: SinkLimits) {
    this.#limits = limits;
  }

  get shareCount(): number {
    return this.#shares.size;
  }

  join(session: SessionId, definition: number): CreditShare {
    const share: CreditShare = {
      session,
      definition,
      window: new CreditWindow(),
      received: { results: 0, bytes: 0 },
      released: { results: 0, bytes: 0 },
      isOpen: true,
    };
    this.#shares.add(share);
    this.isDirty = true;
    return share;
  }

  /** Its session is over: what it was granted and did not use is free; what it sent still waits. */
  leave(share: CreditShare): void {
    share.isOpen = false;
    this.#shares.delete(share);
    this.#outstanding.results -= share.window.tasksGranted - share.received.results;
    this.#outstanding.bytes -= share.window.bytesGranted - share.received.bytes;
    this.isDirty = true;
  }

  /** Results came in. False if the worker had no credit for them; `lastBytes`: the last value may pass the limit. */
  receive(share: CreditShare, came: { results: number; bytes: number; lastBytes: number }): boolean {
    const { received, window } = share;
    received.results += came.results;
    received.bytes += came.bytes;
    return received.results <= window.tasksGranted && received.bytes - came.lastBytes < window.bytesGranted;
  }

  release(share: CreditShare, results: number, bytes: number): void {
    share.released.results += results;
    share.released.bytes += bytes;
    share.window.release(results, bytes);
    this.#outstanding.results -= results;
    this.#outstanding.bytes -= bytes;
    this.isDirty = true;
  }

  /** Opens every window that has gained enough for a message, and gives its share to `grown`. */
  openAll(grown: (share: CreditShare) => void): void {
    this.isDirty = false;
    for (const share of this.#shares) if (this.#open(share, worthwhilePart)) grown(share);
  }

  /** Opens one window as far as it may: a heartbeat carries the grant anyway. */
  open(share: CreditShare): void {
    this.#open(share, 0);
  }

  #open(share: CreditShare, part: number): boolean {
    const { window, released } = share;
    const { waitingResultsMax, waitingBytesMax, windowResultsMax, windowBytesMax } = this.#limits;
    const results = this.#target(
      { most: windowResultsMax, all: waitingResultsMax },
      this.#outstanding.results - (window.tasksGranted - released.results),
    );
    const bytes = this.#target(
      { most: windowBytesMax, all: waitingBytesMax },
      this.#outstanding.bytes - (window.bytesGranted - released.bytes),
    );
    const moreResults = released.results + results - window.tasksGranted;
    const moreBytes = released.bytes + bytes - window.bytesGranted;
    const isWorthwhile = moreResults >= results * part || moreBytes >= bytes * part;
    if (!isWorthwhile || !window.open(results, bytes)) return false;
    this.#outstanding.results += Math.max(0, moreResults);
    this.#outstanding.bytes += Math.max(0, moreBytes);
    return true;
  }

  /** A window by the rule above; `others` is what is outstanding with everybody else. */
  #target(limit: { most: number; all: number }, others: number): number {
    const share = Math.max(1, Math.min(limit.most, Math.floor(limit.all / this.#shares.size)));
    return Math.min(share, Math.max(limit.all - others, Math.ceil(share * leastPart)));
  }
}
