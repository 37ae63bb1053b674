/**
 * The attempts of one origin that were leased by one ventilator, found by seq: an open-addressed table, because a Map costs
 * several times as much per task, and ids are looked up for every commit.
 *
 * Linear probing over multiplicative hashes (Knuth's 2³²/φ), so that the strides that several workers leave in a range of seqs do not
 * pile up; a deletion moves back what follows, so there are no tombstones. At most half full.
 */
import type { Origin } from "@tq/common/wire";
import type { Attempt, AttemptHome } from "./attempt.ts";

const firstBits = 4;
const goldenRatio = 0x9e37_79b1;

export class OriginAttempts implements AttemptHome {
  readonly origin: Origin;
  #cells: (Attempt | undefined)[];
  #shift = 32 - firstBits;
  count = 0;

  constructor(origin: Origin) {
    this.origin = origin;
    this.#cells = new Array<Attempt | undefined>(1 << firstBits).fill(undefined);
  }

  find(seq: number): Attempt | undefined {
    const cells = this.#cells;
    const mask = cells.length - 1;
    for (let cell = this.#homeOf(seq); ; cell = (cell + 1) & mask) {
      const attempt = cells[cell];
      if (attempt === undefined || attempt.seq === seq) return attempt;
    }
  }

  /** The seq must not be there yet. */
  add(attempt: Attempt): void {
    attempt.home = this;
    this.count += 1;
    if (this.count * 2 > this.#cells.length) this.#grow();
    this.#place(attempt);
  }

  /** Gives up the attempt, if it is there. */
  delete(attempt: Attempt): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let hole = this.#homeOf(attempt.seq);
    while (cells[hole] !== attempt) {
      if (cells[hole] === undefined) return;
      hole = (hole + 1) & mask;
    }
    this.count -= 1;
    for (let cell = (hole + 1) & mask; ; cell = (cell + 1) & mask) {
      const moved = cells[cell];
      if (moved === undefined) break;
      // It may fill the hole unless that lies before the cell where its own search begins.
      if (((cell - this.#homeOf(moved.seq)) & mask) >= ((cell - hole) & mask)) {
        cells[hole] = moved;
        hole = cell;
      }
    }
    cells[hole] = undefined;
  }

  /** In no order. The visitor may delete nothing. */
  forEach(visit: (attempt: Attempt) => void): void {
    for (const attempt of this.#cells) if (attempt !== undefined) visit(attempt);
  }

  #homeOf(seq: number): number {
    return Math.imul(seq | 0, goldenRatio) >>> this.#shift;
  }

  #place(attempt: Attempt): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let cell = this.#homeOf(attempt.seq);
    while (cells[cell] !== undefined) cell = (cell + 1) & mask;
    cells[cell] = attempt;
  }

  #grow(): void {
    const old = this.#cells;
    this.#cells = new Array<Attempt | undefined>(old.length * 2).fill(undefined);
    this.#shift -= 1;
    for (const attempt of old) if (attempt !== undefined) this.#place(attempt);
  }
}
