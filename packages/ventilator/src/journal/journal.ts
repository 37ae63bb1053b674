/**
 * A ventilator's journal: SQLite in a thread of its own. It turns changes into rows and rows into contents, and passes on what
 * became of each; what is in a change, and when one is written, is the core's.
 */
import { extname, resolve } from "node:path";
import type { TqError } from "@tq/common";
import { corruptError, type StorageFaults, StorageThread, subjectOf } from "@tq/common/sqlite";
import type { JournalChange, JournalContents } from "../core/journal/journal-port.ts";
import type { JournalTypes } from "./journal-file.ts";
import { journalFileName, journalKind } from "./journal-kind.ts";
import type { JournalOptions } from "./journal-options.ts";
import { ContentsReader, changeToRows, memoryOf } from "./journal-rows.ts";
import { WallClock } from "./wall-clock.ts";

/** What a journal tells its ventilator. */
export interface JournalListener {
  /** All changes up to this number are as safe as the durability says. */
  written(number: number): void;
  /** There is no room: nothing of this change is written. Of several at once, the last is told first. */
  full(number: number): void;
  /** Said once; nothing is written any more. */
  failed(error: TqError): void;
}

/** For the parts of tq itself, and for tests. */
export interface JournalInternals {
  /** The clock of the instants in changes. */
  readonly monotonicNow: () => number;
  readonly wallNow?: (() => number) | undefined;
  readonly syncIntervalMs?: number | undefined;
  readonly faults?: StorageFaults | undefined;
}

/** A journal, and what was in it. */
export interface OpenJournal {
  readonly journal: Journal;
  readonly contents: JournalContents;
}

export class Journal {
  /** Its path. */
  readonly file: string;
  /** Of this start: higher than of all before it. */
  readonly epoch: number;
  /** Whether whoever had it before closed it in order. */
  readonly wasClosed: boolean;
  readonly #thread: StorageThread<JournalTypes>;
  readonly #clock: WallClock;
  readonly #calls: Calls;

  /**
   * Opens a journal, or makes one, and reads what is in it.
   *
   * Errors: `TQ_ERR_STORAGE_LOCKED`, `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_CORRUPT`, `TQ_ERR_STORAGE_FULL`,
   * `TQ_ERR_STORAGE_FAILED`.
   */
  static async open(options: JournalOptions, internals: JournalInternals): Promise<OpenJournal> {
    const { directory, durability = "always" } = options;
    const { monotonicNow, wallNow = Date.now, syncIntervalMs, faults } = internals;
    const clock = new WallClock(monotonicNow, wallNow);
    const subject = subjectOf(journalKind, resolve(directory, journalFileName));
    const reader = new ContentsReader(clock, ({ table, key, reason }) => {
      throw corruptError(subject, [`the row of ${table} with ${key}: ${reason}`]);
    });
    const calls = new Calls();
    // Built files import each other as .js, but a URL is not rewritten: the thread's file ends like this one.
    const module = new URL(`./journal-thread${extname(import.meta.url)}`, import.meta.url);
    const { thread, opened } = await StorageThread.open<JournalTypes>({
      module,
      name: "tq-journal",
      settings: { directory, syncsCommits: durability === "always", now: wallNow() },
      durability,
      syncIntervalMs,
      faults,
      onContent: ({ table, rows }) => reader.add(table, rows),
      onWritten: (number) => calls.written(number),
      onFull: (number) => calls.full(number),
      onFailed: (error) => calls.failed(error),
    });
    try {
      return {
        journal: new Journal(thread, { file: subject.file, clock, calls, ...opened }),
        contents: reader.take(),
      };
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  private constructor(
    thread: StorageThread<JournalTypes>,
    made: {
      readonly file: string;
      readonly clock: WallClock;
      readonly calls: Calls;
    } & JournalTypes["opened"],
  ) {
    this.file = made.file;
    this.#thread = thread;
    this.#clock = made.clock;
    this.#calls = made.calls;
    this.epoch = made.epoch;
    this.wasClosed = made.wasClosed;
  }

  /** Who is told from now on. If it has failed already: at once. */
  listen(listener: JournalListener): void {
    this.#calls.listen(listener);
  }

  /** `number` grows by one, from 1. Payloads in it are copied at once, and may be used further. */
  write(number: number, change: JournalChange): void {
    const value = changeToRows(change, this.#clock);
    this.#thread.write(number, { value, transfer: memoryOf(value) });
  }

  /** Resolves when all that was handed over is written and synced, whatever the durability. Harmless twice. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** Between the thread and a listener that comes later than it. */
class Calls {
  #listener: JournalListener | undefined;
  #failure: TqError | undefined;
  /** The last change of which something was told. */
  #told = 0;

  listen(listener: JournalListener): void {
    this.#listener = listener;
    if (this.#failure !== undefined) listener.failed(this.#failure);
  }

  written(number: number): void {
    this.#told = number;
    this.#listener?.written(number);
  }

  /** Each is merged into what is to be written next, as older than what is there: so the last goes first. */
  full(number: number): void {
    const told = this.#told;
    this.#told = number;
    for (let full = number; full > told; full--) this.#listener?.full(full);
  }

  failed(error: TqError): void {
    this.#failure = error;
    this.#listener?.failed(error);
  }
}
