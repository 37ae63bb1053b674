/**
 * Every unsettled task by its id, and which ids were ever accepted.
 *
 * Per origin, batches lie in the order of their seqs: a look-up is a binary search over batches, usually answered by the
 * batch of the look-up before. Settled batches are dropped when they outnumber the others.
 */
import { formatTaskId } from "@tq/common";
import { SeqSet } from "@tq/common/protocol";
import type { Origin } from "@tq/common/wire";
import type { JournaledOrigin } from "./journal/journal-port.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";

interface OriginEntry {
  /** Ascending by `first`, disjoint. */
  batches: TaskBatch[];
  settledBatches: number;
  readonly accepted: SeqSet;
  readonly isSinkBound: boolean;
  /** Another ventilator may have tasks of it, too. */
  isHandedOn: boolean;
  lastFound: TaskBatch | undefined;
}

export type Admission = "new" | "known" | "overlapping";

export class TaskTable {
  readonly #origins = new Map<Origin, OriginEntry>();
  /** Unsettled tasks and the bytes of their payloads. */
  tasks = 0;
  bytes = 0;

  get origins(): IterableIterator<Origin> {
    return this.#origins.keys();
  }

  /** Whether these ids were accepted before: all of them, none, or only some, which no honest producer brings about. */
  admission(origin: Origin, first: number, count: number): Admission {
    const entry = this.#origins.get(origin);
    if (entry === undefined) return "new";
    const known = entry.accepted.overlap(first, count);
    if (known === 0) return "new";
    return known === count ? "known" : "overlapping";
  }

  add(batch: TaskBatch): void {
    const entry = this.#entryOf(batch.origin, batch.reply !== "answer");
    if (batch.isHandedOn) entry.isHandedOn = true;
    entry.accepted.addRun(batch.first, batch.count);
    const { batches } = entry;
    const last = batches[batches.length - 1];
    if (last === undefined || last.first < batch.first) batches.push(batch);
    else batches.splice(indexAfter(batches, batch.first), 0, batch);
    this.tasks += batch.count;
    this.bytes += batch.bytesOf(0, batch.count);
  }

  /** What an earlier start knew of an origin: its settled seqs are over. */
  restore({ origin, settled, isHandedOn }: JournaledOrigin): void {
    const entry = this.#entryOf(origin, true);
    const { accepted } = entry;
    entry.isHandedOn = isHandedOn;
    for (let at = 0; at + 1 < settled.length; at += 2) {
      const from = settled[at] ?? 0;
      accepted.addRun(from, (settled[at + 1] ?? from) - from);
    }
  }

  /** This id is used up, although there is no such task: it counts as accepted and settled. */
  spend(origin: Origin, seq: number): void {
    this.#entryOf(origin, true).accepted.addRun(seq, 1);
  }

  /** Tasks that wait elsewhere in this ventilator count, too; negative numbers: no more. */
  hold(tasks: number, bytes: number): void {
    this.tasks += tasks;
    this.bytes += bytes;
  }

  /** The unsettled or recently settled batch that a task is in. */
  find(origin: Origin, seq: number): TaskBatch | undefined {
    const entry = this.#origins.get(origin);
    if (entry === undefined) return undefined;
    const last = entry.lastFound;
    if (last !== undefined && contains(last, seq)) return last;
    const found = entry.batches[indexAfter(entry.batches, seq) - 1];
    if (found === undefined || !contains(found, seq)) return undefined;
    entry.lastFound = found;
    return found;
  }

  wasAccepted(origin: Origin, seq: number): boolean {
    return this.#origins.get(origin)?.accepted.has(seq) === true;
  }

  /** `count` tasks of a batch have just been settled; `bytes` of payload went with them. */
  settled(batch: TaskBatch, count: number, bytes: number): void {
    this.tasks -= count;
    this.bytes -= bytes;
    batch.unsettled -= count;
    if (batch.unsettled > 0) return;
    batch.release();
    const entry = this.#origins.get(batch.origin);
    if (entry === undefined) return;
    entry.settledBatches += 1;
    if (entry.settledBatches > 16 && entry.settledBatches * 2 > entry.batches.length) {
      entry.batches = entry.batches.filter((candidate) => candidate.unsettled > 0);
      entry.settledBatches = 0;
      entry.lastFound = undefined;
    }
  }

  /** Nothing below this seq is unsettled or will be accepted again. */
  lowMark(origin: Origin): number {
    const entry = this.#origins.get(origin);
    if (entry === undefined) return 1;
    const oldest = entry.batches.find((batch) => batch.unsettled > 0);
    let contiguous = 1;
    entry.accepted.forEachRange((first, count) => {
      if (first === contiguous) contiguous = first + count;
    });
    return oldest === undefined ? contiguous : Math.min(contiguous, oldest.first);
  }

  /** True if the results of this origin's tasks go to a sink, whose duplicate window must outlive them. */
  isSinkBound(origin: Origin): boolean {
    return this.#origins.get(origin)?.isSinkBound === true;
  }

  /**
   * True if this ventilator knows all that can come of this origin. Of one that was handed on it never does, so sinks are not
   * told to forget anything of it.
   */
  isWholeHere(origin: Origin): boolean {
    return this.#origins.get(origin)?.isHandedOn !== true;
  }

  /** Another ventilator may have tasks of this origin, and has been given these. */
  handedOn(origin: Origin, first: number, count: number): void {
    const entry = this.#origins.get(origin);
    if (entry === undefined) return;
    entry.isHandedOn = true;
    for (let at = Math.max(0, indexAfter(entry.batches, first) - 1); ; at++) {
      const batch = entry.batches[at];
      if (batch === undefined || batch.first >= first + count) return;
      batch.mayHaveRun ||= batch.first + batch.count > first;
    }
  }

  /** True if nothing of this origin is unsettled. */
  isAtRest(origin: Origin): boolean {
    return this.#origins.get(origin)?.batches.every((batch) => batch.unsettled === 0) ?? true;
  }

  /** Nothing of this origin will come again. */
  forget(origin: Origin): void {
    this.#origins.delete(origin);
  }

  /** Ids of unsettled tasks, as text, at most `max`. */
  firstUnsettled(max: number): string[] {
    const ids: string[] = [];
    for (const batch of this.unsettledBatches()) {
      for (let index = 0; index < batch.count && ids.length < max; index++) {
        if (batch.state[index] !== taskState.settled)
          ids.push(formatTaskId(batch.origin, batch.first + index));
      }
      if (ids.length >= max) break;
    }
    return ids;
  }

  #entryOf(origin: Origin, isSinkBound: boolean): OriginEntry {
    let entry = this.#origins.get(origin);
    if (entry === undefined) {
      entry = {
        batches: [],
        settledBatches: 0,
        accepted: new SeqSet(),
        isSinkBound,
        isHandedOn: false,
        lastFound: undefined,
      };
      this.#origins.set(origin, entry);
    }
    return entry;
  }

  *unsettledBatches(): IterableIterator<TaskBatch> {
    for (const entry of this.#origins.values()) {
      for (const batch of entry.batches) if (batch.unsettled > 0) yield batch;
    }
  }
}

const contains = (batch: TaskBatch, seq: number): boolean =>
  batch.first <= seq && seq < batch.first + batch.count;

/** Index of the first batch that begins after `seq`. */
const indexAfter = (batches: readonly TaskBatch[], seq: number): number => {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((batches[middle]?.first ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
};
