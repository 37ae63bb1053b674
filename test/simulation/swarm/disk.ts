/**
 * A disk that a database with a thread of its own writes to: all changes that wait go into one transaction, and whoever
 * wrote them is told when that is synced.
 *
 * A process that dies takes along what was not synced: the transaction under way is there as a whole, or not at all, as a
 * database's log makes of a torn write. It can be slow, full, or fail to sync; it can be lost as a whole.
 */
import type { Scheduler } from "@tq/common/transport";
import type { RandomStream } from "./random-streams.ts";

export interface DiskOptions<Change> {
  readonly clock: Scheduler;
  readonly random: RandomStream;
  /** Of a sync, at most. 0: it is done at once. */
  readonly syncMsMax: number;
  /** This change is there to stay. */
  readonly apply: (change: Change) => void;
}

/** Whoever writes; told from a turn of its own. */
export interface DiskWriter {
  synced(through: number): void;
  full(through: number): void;
  failed(): void;
}

interface Written<Change> {
  readonly number: number;
  readonly change: Change;
}

export class Disk<Change> {
  readonly #options: DiskOptions<Change>;
  #writer: DiskWriter | undefined;
  #waiting: Written<Change>[] = [];
  #underWay: Written<Change>[] = [];
  /** Each open is another connection: what an earlier one had under way is over. */
  #opened = 0;
  #isFull = false;
  #failsNext = false;
  #slowness = 1;
  /** It was ever slow, full, or failed. */
  hadTrouble = false;

  constructor(options: DiskOptions<Change>) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#waiting.length + this.#underWay.length === 0;
  }

  open(writer: DiskWriter): void {
    this.#opened += 1;
    this.#writer = writer;
  }

  write(number: number, change: Change): void {
    this.#waiting.push({ number, change });
    if (this.#underWay.length === 0) this.#begin();
  }

  /** For a mutant: whoever writes is told that it is synced, which it is not. */
  tellEarly(number: number): void {
    this.#writer?.synced(number);
  }

  /** The process died: what was under way has become durable, or not; nobody is told. */
  crash(): void {
    this.#opened += 1;
    this.#writer = undefined;
    const isDurable =
      this.#underWay.length > 0 && !this.#isFull && !this.#failsNext && this.#options.random.chance(0.5);
    if (isDurable) for (const { change } of this.#underWay) this.#options.apply(change);
    this.#underWay = [];
    this.#waiting = [];
  }

  /** From now on so many times slower. */
  slow(times: number): void {
    this.hadTrouble = true;
    this.#slowness = times;
  }

  /** From now on there is no room. */
  fill(): void {
    this.hadTrouble = true;
    this.#isFull = true;
  }

  /** The next sync fails. */
  failNext(): void {
    this.hadTrouble = true;
    this.#failsNext = true;
  }

  /** All is well again. */
  rest(): void {
    this.#isFull = false;
    this.#failsNext = false;
    this.#slowness = 1;
  }

  #begin(): void {
    const { clock, random, syncMsMax } = this.#options;
    this.#underWay = this.#waiting;
    this.#waiting = [];
    const opened = this.#opened;
    const syncMs = syncMsMax === 0 ? 0 : random.next() * syncMsMax * this.#slowness;
    clock.schedule(clock.now() + syncMs, () => {
      if (opened === this.#opened) this.#end();
    });
  }

  #end(): void {
    const written = this.#underWay;
    this.#underWay = [];
    const writer = this.#writer;
    const through = written.at(-1)?.number ?? 0;
    if (this.#failsNext) {
      this.#failsNext = false;
      // What a failed sync has left behind is not known: here, all of it or nothing.
      if (this.#options.random.chance(0.5)) for (const { change } of written) this.#options.apply(change);
      return writer?.failed();
    }
    if (this.#isFull) writer?.full(through);
    else {
      for (const { change } of written) this.#options.apply(change);
      writer?.synced(through);
    }
    if (this.#waiting.length > 0) this.#begin();
  }
}
