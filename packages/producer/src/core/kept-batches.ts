/**
 * Submissions of one origin that may have to be said again: sink-bound ones until they are settled, answered ones until
 * they are answered.
 *
 * A ventilator accepts the ids of one submission together or not at all, and refuses one that it knows only in part. So an
 * entry is always what was, or will be, said as one submission or less: entries are split, never joined, also on their way
 * from one ventilator to another.
 */
import { SeqSet } from "@tq/common/protocol";
import { bytesOfValues } from "@tq/common/wire";
import { type KeptBatch, type Part, sliceBatch } from "./slice-batch.ts";

interface Entry {
  batch: KeptBatch;
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
  /** Seqs still kept; missing while it is all of them. */
  kept: SeqSet | undefined;
}

/** What is kept by several together, in bytes of payload. */
export interface KeptBytes {
  bytes: number;
}

type VisitRun = (first: number, count: number) => void;

/** Entries that hold little more than what is done for are repacked, if they hold at least so many bytes. */
const repackBytesMin = 4 * 1024;

export class KeptBatches {
  /** Ascending by `first`, disjoint. */
  #entries: Entry[] = [];
  /** Entries of which nothing is kept; dropped together now and then. */
  #emptyCount = 0;
  readonly #meter: KeptBytes;
  /** Tasks kept. */
  tasks = 0;

  constructor(meter: KeptBytes = { bytes: 0 }) {
    this.#meter = meter;
  }

  /** Mostly in the order of their seqs. */
  keep(batch: KeptBatch): void {
    const entry = entryOf(batch);
    const last = this.#entries[this.#entries.length - 1];
    if (last === undefined || last.first < entry.first) this.#entries.push(entry);
    else this.#entries.splice(this.#indexEndingAfter(entry.first), 0, entry);
    this.tasks += entry.count;
    this.#meter.bytes += entry.bytes;
  }

  /** These need not be kept any more. Visits those that were. */
  release(first: number, count: number, visit: VisitRun = ignore): void {
    this.#forEachOf(first, count, (seqs, index) => this.#releaseOf(index, seqs, visit));
    if (this.#emptyCount * 2 <= this.#entries.length) return;
    this.#entries = this.#entries.filter((entry) => keptCount(entry) > 0);
    this.#emptyCount = 0;
  }

  /** Visits those of the run that are kept. */
  forEachKept(first: number, count: number, visit: VisitRun): void {
    this.#forEachOf(first, count, (seqs, index) => {
      const entry = this.#entries[index];
      if (entry !== undefined) forEachWithin(entry, seqs, visit);
    });
  }

  /**
   * All that is kept, but for these seqs, as it can be said again. The caller says it in this order, and may `split` what is
   * too long.
   */
  again(except: SeqSet = nothing): KeptBatch[] {
    const wanted = new SeqSet();
    for (const entry of this.#entries) {
      forEachWithin(entry, { from: entry.first, to: entry.first + entry.count }, (first, count) =>
        wanted.addRun(first, count),
      );
    }
    except.forEachRange((first, count) => wanted.deleteRun(first, count));
    const batches: KeptBatch[] = [];
    wanted.forEachRange((first, count) => batches.push(...this.within(first, count)));
    return batches;
  }

  /** What is kept of a run, as it can be said again. */
  within(first: number, count: number): KeptBatch[] {
    const found: KeptBatch[] = [];
    const end = first + count;
    for (let index = this.#indexEndingAfter(first); index < this.#entries.length; ) {
      const entry = this.#entries[index];
      if (entry === undefined || entry.first >= end) break;
      const parts = repacked(entry).flatMap((part) => {
        const from = Math.max(first, part.first) - part.first;
        const to = Math.min(end, part.first + part.count) - part.first;
        if (from >= to) return [part];
        const inside = cut(part, { from, to });
        found.push(...inside.map(({ batch }) => batch));
        return [...cut(part, { from: 0, to: from }), ...inside, ...cut(part, { from: to, to: part.count })];
      });
      this.#replace(index, parts);
      index += parts.length;
    }
    return found;
  }

  /** A batch of `again` as two: its first `count` tasks, and the others. */
  split(batch: KeptBatch, count: number): readonly [KeptBatch, KeptBatch] {
    const whole = entryOf(batch);
    const head = sliceBatch(batch, { from: 0, to: count });
    const tail = sliceBatch(batch, { from: count, to: whole.count });
    const index = this.#indexEndingAfter(whole.first);
    const entry = this.#entries[index];
    const isWhole = entry?.first === whole.first && entry.count === whole.count && entry.kept === undefined;
    if (isWhole) this.#replace(index, [entryOf(head), entryOf(tail)]);
    return [head, tail];
  }

  /** Says the same of all batches from now on. */
  amend(change: (batch: KeptBatch) => KeptBatch): void {
    for (const entry of this.#entries) entry.batch = change(entry.batch);
  }

  #forEachOf(first: number, count: number, visit: (seqs: Part, index: number) => void): void {
    const end = first + count;
    for (let index = this.#indexEndingAfter(first); index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry === undefined || entry.first >= end) break;
      const seqs = { from: Math.max(first, entry.first), to: Math.min(end, entry.first + entry.count) };
      if (seqs.from < seqs.to) visit(seqs, index);
    }
  }

  #releaseOf(index: number, seqs: Part, visit: VisitRun): void {
    const entry = this.#entries[index];
    if (entry === undefined) return;
    if (entry.kept === undefined && seqs.to - seqs.from === entry.count) {
      entry.kept = nothing;
      this.tasks -= entry.count;
      this.#emptied(entry);
      return visit(entry.first, entry.count);
    }
    const before = keptCount(entry);
    forEachWithin(entry, seqs, visit);
    const kept = entry.kept ?? all(entry);
    kept.deleteRun(seqs.from, seqs.to - seqs.from);
    entry.kept = kept;
    this.tasks -= before - kept.count;
    if (before > 0 && kept.count === 0) this.#emptied(entry);
    const isMostlyDone = kept.count > 0 && kept.count * 4 <= entry.count;
    if (isMostlyDone && entry.bytes >= repackBytesMin) this.#replace(index, repacked(entry));
  }

  /** Its payloads are let go of at once, the entry later. */
  #emptied(entry: Entry): void {
    this.#meter.bytes -= entry.bytes;
    this.#emptyCount += 1;
    const { batch } = entry;
    entry.batch = { ...batch, options: {}, values: noValues };
  }

  #replace(index: number, parts: readonly Entry[]): void {
    for (const entry of this.#entries.splice(index, 1, ...parts)) this.#account(entry, -1);
    for (const part of parts) this.#account(part, 1);
  }

  #account(entry: Entry, sign: 1 | -1): void {
    if (keptCount(entry) > 0) this.#meter.bytes += sign * entry.bytes;
    else this.#emptyCount += sign;
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
const noValues = { lengths: [], slab: new Uint8Array(0) };

function entryOf(batch: KeptBatch): Entry {
  const [, first = 0, count = 0] = batch.ids.runs;
  return { batch, first, count, bytes: bytesOfValues(batch.values), kept: undefined };
}

function keptCount({ kept, count }: Entry): number {
  return kept?.count ?? count;
}

function all({ first, count }: Entry): SeqSet {
  const seqs = new SeqSet();
  seqs.addRun(first, count);
  return seqs;
}

function forEachWithin({ kept }: Entry, seqs: Part, visit: VisitRun): void {
  if (kept === undefined) return visit(seqs.from, seqs.to - seqs.from);
  kept.forEachRange((first, count) => {
    const from = Math.max(first, seqs.from);
    const to = Math.min(first + count, seqs.to);
    if (from < to) visit(from, to - from);
  });
}

/** A part of an entry of which all is kept, as an entry. None if there is nothing in it. */
function cut({ batch }: Entry, part: Part): readonly Entry[] {
  return part.from < part.to ? [entryOf(sliceBatch(batch, part))] : [];
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
