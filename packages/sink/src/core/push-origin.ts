/**
 * What has come of one origin of the push lane, what was announced of it, and when that is called the last word.
 *
 * Nothing is repeated on that lane, so the difference is a matter of waiting: a short time once no worker has anything left,
 * a long one where nobody says so. It takes as much memory as there are gaps: above the last word ranges of what came, below it
 * ranges of what did not, so that a latecomer can still be told from a second outcome.
 */
import { type IdRun, SeqSet } from "@tq/common/protocol";

export interface PushPatience {
  /** Once no worker has anything left. */
  readonly idleMs: number;
  /** While that is not said. */
  readonly busyMs: number;
}

/** What a MISSING says of one origin. */
export interface LastWord {
  readonly through: number;
  readonly missing: number;
  /** More of them missing than the last word said; fewer, if some came late. */
  readonly change: number;
}

/** Ranges of missing seqs that are kept; beyond it the oldest are, and what comes of them late is dropped. */
const gapsMax = 4_096;

export class PushOrigin {
  /** Above `final`. */
  readonly #arrived = new SeqSet();
  /** Up to `final`: not arrived. */
  readonly #gaps = new SeqSet();
  /** Nothing at or below it is waited for any more. */
  #final: number;
  /** Below it nothing is said to be missing: nobody here was told that it was sent. It may come all the same. */
  #countFrom: number;
  /** Announced by SENT. */
  #sent = 0;
  #isIdle = false;
  #missing = 0;
  /** Missing, and in no range any more. */
  #forgotten = 0;
  #owesWord = false;
  /** Came after they were said to be missing. */
  lateCount = 0;
  /** Since when nothing has changed. */
  #quietSince: number;

  /** `below`: nothing below it is waited for. */
  constructor(now: number, below: number) {
    this.#final = below - 1;
    this.#countFrom = below;
    if (below > 1) this.#gaps.addRun(1, below - 1);
    this.#quietSince = now;
  }

  /** Whether this sink was told how much of it was sent: then it counts from the first on, whoever sends the rest. */
  get isAnnounced(): boolean {
    return this.#sent > 0;
  }

  /** Whoever announced it waits for a last word, or has got one that is not true any more. */
  get owesWord(): boolean {
    return this.#owesWord;
  }

  /** Never came, as far as was said. */
  get missing(): number {
    return this.#missing;
  }

  /** Takes a run of outcomes, and gives those that are new: flat pairs `[first, count, …]`. */
  arrive(now: number, { first, count }: IdRun): number[] {
    this.#quietSince = now;
    const fresh: number[] = [];
    const end = first + count;
    if (first <= this.#final) this.#arriveLate(first, Math.min(count, this.#final + 1 - first), fresh);
    const from = Math.max(first, this.#final + 1);
    if (from >= end) return fresh;
    if (this.#arrived.overlap(from, end - from) > 0) {
      this.#arriveAgain(from, end - from, fresh);
    } else {
      this.#arrived.addRun(from, end - from);
      fresh.push(from, end - from);
    }
    return fresh;
  }

  /** So much was sent. `isIdle`: no worker has anything left of it. */
  announce(now: number, through: number, isIdle: boolean): void {
    this.#sent = Math.max(this.#sent, through);
    this.#isIdle = isIdle;
    this.#owesWord = true;
    this.#quietSince = now;
  }

  /** Of an origin that is not announced: nothing below `below` is waited for. It may still come. */
  raise(below: number): void {
    const count = below - 1 - this.#final;
    if (count <= 0) return;
    this.#gaps.addRun(this.#final + 1, count);
    this.#arrived.forEachRange((first, length) => this.#gaps.deleteRun(first, length));
    this.#arrived.deleteBelow(below);
    this.#final = below - 1;
    this.#countFrom = below;
  }

  /** While nothing was read, nothing could come. */
  wasHeld(now: number): void {
    this.#quietSince = now;
  }

  /**
   * The last word, if it is time for it. `settledElsewhere`: how many of a run have an outcome that did not come by the pipe.
   */
  lastWord(
    now: number,
    patience: PushPatience,
    settledElsewhere: (first: number, count: number) => number,
  ): LastWord | undefined {
    if (!this.#owesWord) return undefined;
    const isComplete = this.#isIdle && this.#isComplete;
    if (!isComplete && now < this.#dueAt(patience)) return undefined;
    this.#owesWord = false;
    const before = this.#missing;
    this.#close();
    this.#forgetOldest(settledElsewhere);
    this.#missing = this.#forgotten + this.#stillMissing(settledElsewhere);
    return { through: this.#final, missing: this.#missing, change: this.#missing - before };
  }

  wakeAt(patience: PushPatience): number {
    return this.#owesWord ? this.#dueAt(patience) : Number.POSITIVE_INFINITY;
  }

  get #isComplete(): boolean {
    const expected = this.#sent - this.#final;
    return expected <= 0 || this.#arrived.overlap(this.#final + 1, expected) === expected;
  }

  #dueAt({ idleMs, busyMs }: PushPatience): number {
    return this.#quietSince + (this.#isIdle ? idleMs : busyMs);
  }

  /** What was sent and has not come is a gap from now on. */
  #close(): void {
    const from = this.#final + 1;
    const count = this.#sent - this.#final;
    if (count <= 0) return;
    this.#gaps.addRun(from, count);
    this.#arrived.forEachRange((first, length) => this.#gaps.deleteRun(first, length));
    this.#arrived.deleteBelow(this.#sent + 1);
    this.#final = this.#sent;
  }

  #forgetOldest(settledElsewhere: (first: number, count: number) => number): void {
    let excess = this.#gaps.rangeCount - gapsMax;
    let below = 0;
    this.#gaps.forEachRange((first, count) => {
      excess -= 1;
      if (excess < 0) return;
      this.#forgotten += this.#countMissing(first, count, settledElsewhere);
      below = first + count;
    });
    this.#gaps.deleteBelow(below);
  }

  #stillMissing(settledElsewhere: (first: number, count: number) => number): number {
    let missing = 0;
    this.#gaps.forEachRange((first, count) => {
      missing += this.#countMissing(first, count, settledElsewhere);
    });
    return missing;
  }

  #countMissing(
    first: number,
    count: number,
    settledElsewhere: (first: number, count: number) => number,
  ): number {
    const from = Math.max(first, this.#countFrom);
    const counted = first + count - from;
    return counted <= 0 ? 0 : counted - settledElsewhere(from, counted);
  }

  #arriveLate(first: number, count: number, fresh: number[]): void {
    for (let seq = first; seq < first + count; seq++) {
      if (!this.#gaps.delete(seq)) continue;
      fresh.push(seq, 1);
      if (seq < this.#countFrom) continue;
      this.#owesWord = true;
      this.lateCount += 1;
    }
  }

  #arriveAgain(first: number, count: number, fresh: number[]): void {
    for (let seq = first; seq < first + count; seq++) if (this.#arrived.add(seq)) fresh.push(seq, 1);
  }
}
