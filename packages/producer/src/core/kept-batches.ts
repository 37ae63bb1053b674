/**
 * Submissions of one origin that may have to be said again: sink-bound ones until they are accepted, answered ones until
 * they are answered.
 *
 * A ventilator accepts the ids of one submission together or not at all, and refuses one that it knows only in part. So an
 * entry is always what was, or will be, said as one submission or less: entries are split, never joined.
 */
import { SeqSet, type SubmitBatch } from "@tq/common/protocol";
import { bytesOfValues } from "@tq/common/wire";
import { type Part, sliceBatch } from "./slice-batch.ts";

interface Entry {
  readonly batch: SubmitBatch;
  readonly first: number;
  readonly count: number;
  /** Seqs still kept; missing while it is all of them. */
  kept: SeqSet | undefined;
}

/** Entries that hold little more than what is done for are repacked, if they hold at least so many bytes. */
const repackBytesMin = 4 * 1024;

export class KeptBatches {
  /** Ascending by `first`, disjoint. */
  #entries: Entry[] = [];
  /** Entries of which nothing is kept; dropped together now and then. */
  #emptyCount = 0;
  /** Tasks kept. */
  tasks = 0;

  /** Batches of an origin come in the order of their seqs. */
  keep(batch: SubmitBatch): void {
    const entry = entryOf(batch);
    this.#entries.push(entry);
    this.tasks += entry.count;
  }

  /** These need not be kept any more. Visits those that were. */
  release(first: number, count: number, visit: (first: number, count: number) => void = ignore): void {
    const end = first + count;
    for (let index = this.#indexEndingAfter(first); index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry === undefined || entry.first >= end) break;
      const seqs = { from: Math.max(first, entry.first), to: Math.min(end, entry.first + entry.count) };
      if (seqs.from < seqs.to) this.#releaseOf(index, seqs, visit);
    }
    if (this.#emptyCount * 2 <= this.#entries.length) return;
    this.#entries = this.#entries.filter((entry) => keptCount(entry) > 0);
    this.#emptyCount = 0;
  }

  /** All that is kept, as it can be said again. The caller says it in this order, and may `split` what is too long. */
  again(): SubmitBatch[] {
    this.#entries = this.#entries.flatMap(repacked);
    this.#emptyCount = 0;
    return this.#entries.map(({ batch }) => batch);
  }

  /** A batch of `again` as two: its first `count` tasks, and the others. */
  split(batch: SubmitBatch, count: number): readonly [SubmitBatch, SubmitBatch] {
    const index = this.#entries.findIndex((entry) => entry.batch === batch);
    const whole = entryOf(batch);
    const head = sliceBatch(batch, { from: 0, to: count });
    const tail = sliceBatch(batch, { from: count, to: whole.count });
    if (index !== -1) this.#entries.splice(index, 1, entryOf(head), entryOf(tail));
    return [head, tail];
  }

  #releaseOf(index: number, seqs: Part, visit: (first: number, count: number) => void): void {
    const entry = this.#entries[index];
    if (entry === undefined) return;
    if (entry.kept === undefined && seqs.to - seqs.from === entry.count) {
      entry.kept = nothing;
      this.tasks -= entry.count;
      this.#emptyCount += 1;
      return visit(entry.first, entry.count);
    }
    const before = keptCount(entry);
    const kept = entry.kept ?? all(entry);
    kept.forEachRange((first, count) => {
      const from = Math.max(first, seqs.from);
      const to = Math.min(first + count, seqs.to);
      if (from < to) visit(from, to - from);
    });
    kept.deleteRun(seqs.from, seqs.to - seqs.from);
    entry.kept = kept;
    this.tasks -= before - kept.count;
    if (before > 0 && kept.count === 0) this.#emptyCount += 1;
    const isMostlyDone = kept.count > 0 && kept.count * 4 <= entry.count;
    if (isMostlyDone && bytesOfValues(entry.batch.values) >= repackBytesMin) {
      this.#entries.splice(index, 1, ...repacked(entry));
    }
  }

  #indexEndingAfter(seq: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && entry.first + entry.count <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function ignore(): void {}

/** Shared, and never added to. */
const nothing = new SeqSet();

function entryOf(batch: SubmitBatch): Entry {
  const [, first = 0, count = 0] = batch.ids.runs;
  return { batch, first, count, kept: undefined };
}

function keptCount({ kept, count }: Entry): number {
  return kept?.count ?? count;
}

function all({ first, count }: Entry): SeqSet {
  const seqs = new SeqSet();
  seqs.addRun(first, count);
  return seqs;
}

/** One entry per range that is kept. */
function repacked(entry: Entry): Entry[] {
  if (entry.kept === undefined) return [entry];
  const entries: Entry[] = [];
  entry.kept.forEachRange((first, count) => {
    const from = first - entry.first;
    entries.push(entryOf(sliceBatch(entry.batch, { from, to: from + count })));
  });
  return entries;
}
