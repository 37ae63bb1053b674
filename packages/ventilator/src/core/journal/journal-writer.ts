/**
 * When what happens to journaled tasks is written, and what waits for it.
 *
 * Changes are gathered and handed out at the end of a turn, at once if somebody waits for them: a batch that is to be
 * accepted, a failure that is to be counted before it has consequences. What is settled waits a little, also when others do
 * not: most batches are settled as a whole by then and need no record of how far they were. Whatever is run again after a
 * crash is dropped by the sink.
 *
 * Without room, nothing is accepted and all else goes on in memory: what has changed is kept by name, tried again now and
 * then, and takes effect at once. Only what sinks may forget still waits, because that cannot be taken back.
 */
import { SeqSet } from "@tq/common/protocol";
import type { Origin } from "@tq/common/wire";
import type { VentilatorEvent } from "../events.ts";
import type { Owner } from "../owner.ts";
import type { TaskBatch } from "../task-batch.ts";
import { GatheredChange } from "./gathered-change.ts";
import type {
  JournalContents,
  JournaledBatch,
  JournaledDeadLetter,
  JournaledDoubt,
  JournaledKey,
  JournaledOrigin,
  JournaledOwner,
  JournalPort,
} from "./journal-port.ts";
import { journalTimes } from "./journal-times.ts";

const { journalLazyMs: lazyMs, journalRetryMs: retryMs } = journalTimes;

export interface JournalWriterParts {
  readonly port: JournalPort;
  readonly report: (event: VentilatorEvent) => void;
}

/** What becomes of a batch that is to be accepted. */
export interface Verdict {
  written(batch: TaskBatch): void;
  refused(batch: TaskBatch): void;
}

interface OriginRecord {
  owner: JournaledOwner;
  isHandedOn: boolean;
  isLeft: boolean;
  /** Seqs of batches that are settled as a whole. */
  readonly settled: SeqSet;
}

/** A change that was handed out, and who waits for it. */
class Change {
  number = 0;
  readonly gathered = new GatheredChange();
  readonly accepted: { readonly batch: TaskBatch; readonly verdict: Verdict }[] = [];
  /** Run when it is safe, or when there is no room for it. */
  readonly effects: (() => void)[] = [];
  /** Run when it is safe, not before. */
  readonly whenSafe: (() => void)[] = [];
  isUrgent = false;
}

/** Names of what has changed without anybody waiting for it. */
class Later {
  readonly batches = new Set<TaskBatch>();
  readonly origins = new Set<Origin>();
  readonly whenSafe: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.batches.size + this.origins.size === 0;
  }
}

export class JournalWriter {
  readonly #parts: JournalWriterParts;
  readonly #origins = new Map<Origin, OriginRecord>();
  /** What leaves next. */
  #next = new Change();
  /** What may wait: it is part of `#next` when it is time. */
  #later = new Later();
  /** In the order of their numbers. */
  #written: Change[] = [];
  #changes = 0;
  #batches: number;
  #gatheredSince: number | undefined;
  #retryAt = Number.NEGATIVE_INFINITY;
  /** There was no room for the last change. */
  isFull = false;

  constructor(contents: JournalContents | undefined, parts: JournalWriterParts) {
    this.#parts = parts;
    this.#batches = contents?.batches.at(-1)?.batch.number ?? 0;
    for (const { origin, settled, ...record } of contents?.origins ?? []) {
      this.#origins.set(origin, { ...record, settled: setOf(settled) });
    }
  }

  /** Changes that are not safe yet. */
  get unsynced(): number {
    return this.#written.length + (this.#isNothingGathered ? 0 : 1);
  }

  /** A batch is to be accepted; who submitted it hears of it when it is safe. */
  accept(batch: TaskBatch, submission: JournaledBatch["submission"], verdict: Verdict): void {
    this.#batches += 1;
    batch.journalNumber = this.#batches;
    const { origin, acceptedAt } = batch;
    this.#recordOf(origin, batch.owner);
    this.own(origin, batch.owner, submission.handedOn);
    this.#next.gathered.accepted.push({ number: batch.journalNumber, submission, acceptedAt });
    this.#next.accepted.push({ batch, verdict });
    this.#next.isUrgent = true;
  }

  /** Something has changed that is to be remembered of a batch. */
  changed(batch: TaskBatch): void {
    if (batch.journalNumber > 0) this.#later.batches.add(batch);
  }

  /** Nothing of a batch is unsettled any more. */
  settled(batch: TaskBatch): void {
    if (batch.journalNumber === 0) return;
    const { origin, first, count } = batch;
    this.#origins.get(origin)?.settled.addRun(first, count);
    this.#later.batches.add(batch);
    this.#later.origins.add(origin);
  }

  /** This id is used up, although there is no such task. */
  spend(owner: Owner, origin: Origin, seq: number): void {
    const record = this.#recordOf(origin, owner);
    record.settled.addRun(seq, 1);
    this.#next.gathered.origins.add(origin);
  }

  /** Whose the tasks of an origin are from now on, and whether some of them were handed on from another ventilator. */
  own(origin: Origin, owner: Owner, isHandedOn = false): void {
    const record = this.#origins.get(origin);
    if (record === undefined) return;
    if (record.owner.bootId === owner.bootId && (record.isHandedOn || !isHandedOn)) return;
    record.owner = journaledOwner(owner);
    record.isHandedOn ||= isHandedOn;
    record.isLeft = false;
    this.#next.gathered.origins.add(origin);
  }

  /** Its owner has said goodbye. */
  leave(origin: Origin): void {
    const record = this.#origins.get(origin);
    if (record === undefined || record.isLeft) return;
    record.isLeft = true;
    this.#later.origins.add(origin);
  }

  /** Nothing of an origin is left or will come again, and nobody is to be told so any more. */
  closeOrigin(origin: Origin): void {
    if (this.#origins.delete(origin)) this.#later.origins.add(origin);
  }

  keepKey(key: JournaledKey): void {
    this.#next.gathered.key(key, key);
  }

  forgetKey({ task, key }: Pick<JournaledKey, "task" | "key">): void {
    this.#next.gathered.key({ task, key }, { forgotten: { task, key } });
  }

  keepDeadLetter(letter: JournaledDeadLetter): void {
    this.#next.gathered.deadLetter(letter.id, letter);
  }

  removeDeadLetter(id: string): void {
    this.#next.gathered.deadLetter(id, undefined);
  }

  keepDoubt(doubt: JournaledDoubt): void {
    this.#next.gathered.doubt(doubt.number, doubt);
  }

  removeDoubt(number: number): void {
    this.#next.gathered.doubt(number, undefined);
  }

  /**
   * Something has changed about a batch that must not be forgotten when this has run: it waits until that is safe. Runs at
   * once if the batch is not journaled, or if there is no room.
   */
  afterSync(batch: TaskBatch, run: () => void): void {
    if (batch.journalNumber === 0) return run();
    this.#next.gathered.batches.add(batch);
    if (this.isFull) return run();
    this.#next.effects.push(run);
    this.#next.isUrgent = true;
  }

  /** Runs when all that has happened until now is safe, however long that takes. */
  whenSafe(run: () => void): void {
    const { whenSafe } = this.#lastGathered ?? { whenSafe: undefined };
    if (whenSafe === undefined) run();
    else whenSafe.push(run);
  }

  /** Hands out what was gathered, if it is time. */
  flush(now: number): void {
    if (!this.#isNothingGathered) this.#gatheredSince ??= now;
    if (this.isFull) {
      if (now < this.#retryAt || this.#written.length > 0) return;
      // If nothing has changed, something known is written once more, to see if there is room.
      const [anyOrigin] = this.#origins.keys();
      if (anyOrigin !== undefined) this.#next.gathered.origins.add(anyOrigin);
      return this.#writeAll();
    }
    if (now >= this.#lazyAt) this.#writeAll();
    else if (this.#next.isUrgent) this.#write();
  }

  /** The end: hands out what has changed. What is still to be accepted is left out, and returned. */
  close(): TaskBatch[] {
    const refused = this.#next.accepted.splice(0).map(({ batch }) => batch);
    this.#next.gathered.accepted.length = 0;
    if (!this.#isNothingGathered) this.#writeAll();
    return refused;
  }

  wakeAt(): number {
    if (!this.isFull) return this.#lazyAt;
    return this.#written.length > 0 ? Number.POSITIVE_INFINITY : this.#retryAt;
  }

  /** All changes up to this number are safe. */
  journaled(number: number): void {
    const safe = this.#written.filter((change) => change.number <= number);
    if (safe.length === 0) return;
    this.#written = this.#written.filter((change) => change.number > number);
    if (this.isFull) {
      this.isFull = false;
      this.#parts.report({ type: "journal.writable" });
    }
    for (const { accepted, effects, whenSafe } of safe) {
      for (const { batch, verdict } of accepted) verdict.written(batch);
      for (const run of effects) run();
      for (const run of whenSafe) run();
    }
  }

  /** There was no room: nothing was written of the changes up to this number that are not safe by now. */
  full(now: number, number: number): void {
    const refused = this.#written.filter((change) => change.number <= number);
    if (refused.length === 0) return;
    // What waits for a later change counted on these being safe by then.
    const waiting = this.#written.flatMap(({ whenSafe }) => whenSafe.splice(0));
    this.#written = this.#written.filter((change) => change.number > number);
    this.#retryAt = now + retryMs;
    const next = this.#next;
    next.whenSafe.unshift(...waiting);
    for (const { gathered } of refused.toReversed()) next.gathered.addOlder(gathered);
    next.gathered.accepted.length = 0;
    const effects = [...refused, next].flatMap((change) => change.effects.splice(0));
    const accepted = [...refused, next].flatMap((change) => change.accepted.splice(0));
    const wasFull = this.isFull;
    this.isFull = true;
    if (!wasFull) this.#parts.report({ type: "journal.full" });
    for (const { batch, verdict } of accepted) verdict.refused(batch);
    for (const run of effects) run();
  }

  #recordOf(origin: Origin, owner: Owner): OriginRecord {
    const known = this.#origins.get(origin);
    if (known !== undefined) return known;
    const record = { owner: journaledOwner(owner), isHandedOn: false, isLeft: false, settled: new SeqSet() };
    this.#origins.set(origin, record);
    this.#next.gathered.origins.add(origin);
    return record;
  }

  get #lazyAt(): number {
    return this.#gatheredSince === undefined ? Number.POSITIVE_INFINITY : this.#gatheredSince + lazyMs;
  }

  get #isNothingGathered(): boolean {
    return this.#next.gathered.isEmpty && this.#later.isEmpty;
  }

  /** What leaves last of all that is not safe. */
  get #lastGathered(): Later | Change | undefined {
    if (!this.#later.isEmpty) return this.#later;
    return this.#next.gathered.isEmpty ? this.#written.at(-1) : this.#next;
  }

  #writeAll(): void {
    const { batches, origins, whenSafe } = this.#later;
    const { gathered } = this.#next;
    for (const batch of batches) gathered.batches.add(batch);
    for (const origin of origins) gathered.origins.add(origin);
    this.#next.whenSafe.push(...whenSafe);
    this.#later = new Later();
    this.#gatheredSince = undefined;
    this.#write();
  }

  #write(): void {
    const change = this.#next;
    this.#next = new Change();
    if (this.#later.isEmpty) this.#gatheredSince = undefined;
    this.#changes += 1;
    change.number = this.#changes;
    this.#written.push(change);
    this.#parts.port.write(
      change.number,
      change.gathered.render((origin) => this.#originOf(origin)),
    );
  }

  #originOf(origin: Origin): JournaledOrigin | undefined {
    const record = this.#origins.get(origin);
    if (record === undefined) return undefined;
    const settled: number[] = [];
    record.settled.forEachRange((first, count) => settled.push(first, first + count));
    return { ...record, origin, settled };
  }
}

const journaledOwner = ({ bootId, name }: Owner): JournaledOwner => ({ bootId, name });

const setOf = (bounds: readonly number[]): SeqSet => {
  const set = new SeqSet();
  for (let at = 0; at + 1 < bounds.length; at += 2) {
    const from = bounds[at] ?? 0;
    set.addRun(from, (bounds[at + 1] ?? from) - from);
  }
  return set;
};
