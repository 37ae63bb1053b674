/**
 * A set of seqs as ascending, disjoint ranges: what a duplicate window, a list of held attempts or a set of settled
 * tasks is made of. Its size is the number of gaps, not of members.
 *
 * A sorted array with binary search, not a tree: members arrive nearly in order, so the last range is nearly always the
 * one that grows, and the gaps close again.
 */
export class SeqSet {
  /** Flat pairs `[from, to, …]`, `to` exclusive. */
  #bounds: number[] = [];
  #count = 0;

  /** How many seqs are in it. */
  get count(): number {
    return this.#count;
  }

  get rangeCount(): number {
    return this.#bounds.length / 2;
  }

  has(seq: number): boolean {
    const index = this.#rangeEndingAfter(seq);
    const from = this.#bounds[index];
    return from !== undefined && from <= seq;
  }

  /** How many of the run are in it. */
  overlap(first: number, count: number): number {
    const end = first + count;
    let covered = 0;
    for (let index = this.#rangeEndingAfter(first); index < this.#bounds.length; index += 2) {
      const from = this.#bounds[index] ?? 0;
      if (from >= end) break;
      covered += Math.min(this.#bounds[index + 1] ?? 0, end) - Math.max(from, first);
    }
    return covered;
  }

  /** True if it was not in it yet. */
  add(seq: number): boolean {
    return this.addRun(seq, 1) === 1;
  }

  /** How many of the run were not in it yet. */
  addRun(first: number, count: number): number {
    const end = first + count;
    // Ranges that touch or overlap [first, end) are replaced by one.
    const start = this.#rangeEndingAfter(first - 1);
    let stop = start;
    let covered = 0;
    let from = first;
    let to = end;
    for (; stop < this.#bounds.length; stop += 2) {
      const rangeFrom = this.#bounds[stop] ?? 0;
      const rangeTo = this.#bounds[stop + 1] ?? 0;
      if (rangeFrom > end) break;
      covered += Math.max(0, Math.min(rangeTo, end) - Math.max(rangeFrom, first));
      from = Math.min(from, rangeFrom);
      to = Math.max(to, rangeTo);
    }
    if (stop === start + 2) {
      this.#bounds[start] = from;
      this.#bounds[start + 1] = to;
    } else {
      this.#bounds.splice(start, stop - start, from, to);
    }
    const added = count - covered;
    this.#count += added;
    return added;
  }

  /** True if it was in it. */
  delete(seq: number): boolean {
    return this.deleteRun(seq, 1) === 1;
  }

  /** How many of the run were in it. */
  deleteRun(first: number, count: number): number {
    const end = first + count;
    const start = this.#rangeEndingAfter(first);
    let stop = start;
    let removed = 0;
    const rest: number[] = [];
    for (; stop < this.#bounds.length; stop += 2) {
      const from = this.#bounds[stop] ?? 0;
      const to = this.#bounds[stop + 1] ?? 0;
      if (from >= end) break;
      removed += Math.min(to, end) - Math.max(from, first);
      if (from < first) rest.push(from, first);
      if (end < to) rest.push(end, to);
    }
    if (stop > start) this.#bounds.splice(start, stop - start, ...rest);
    this.#count -= removed;
    return removed;
  }

  /** Forgets everything below `seq`. */
  deleteBelow(seq: number): void {
    const index = this.#rangeEndingAfter(seq - 1);
    for (let at = 0; at < index; at += 2)
      this.#count -= (this.#bounds[at + 1] ?? 0) - (this.#bounds[at] ?? 0);
    this.#bounds.splice(0, index);
    const from = this.#bounds[0];
    if (from !== undefined && from < seq) {
      this.#count -= seq - from;
      this.#bounds[0] = seq;
    }
    if (this.#bounds[0] === this.#bounds[1]) this.#bounds.splice(0, 2);
  }

  forEachRange(visit: (first: number, count: number) => void): void {
    for (let index = 0; index < this.#bounds.length; index += 2) {
      const from = this.#bounds[index] ?? 0;
      visit(from, (this.#bounds[index + 1] ?? from) - from);
    }
  }

  /** Index of the first range whose end lies beyond `seq`; the array's length if there is none. */
  #rangeEndingAfter(seq: number): number {
    const bounds = this.#bounds;
    const last = bounds.length - 2;
    if (last < 0 || (bounds[last + 1] ?? 0) <= seq) return bounds.length;
    if ((bounds[last] ?? 0) <= seq) return last;
    let low = 0;
    let high = last / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((bounds[middle * 2 + 1] ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low * 2;
  }
}
