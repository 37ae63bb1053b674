/**
 * A ventilator's journal: SQLite in a thread of its own. It turns changes into rows and rows into contents, and passes on what
 * became of each; what is in a change, and when one is written, is the core's.
 */
import { extname, join } from "node:path";
import type { TqError } from "@tq/common";
import { corruptError, type Durability, type StorageFaults, StorageThread } from "@tq/common/sqlite";
import type { JournalChange, JournalContents } from "../core/journal/journal-port.ts";
import type { JournalTypes } from "./journal-file.ts";
import { journalFileName, journalKind } from "./journal-kind.ts";
import { ContentsReader, changeToRows, memoryOf } from "./journal-rows.ts";
import { WallClock } from "./wall-clock.ts";

export interface JournalSettings {
  readonly directory: string;
  readonly durability: Durability;
  /** With durability `interval`: between syncs. Default 1,000. */
  readonly syncIntervalMs?: number | undefined;
}

/** What a journal tells its ventilator. */
export interface JournalListener {
  /** All changes up to this number are as safe as the durability says. */
  written(number: number): void;
  /** There is no room: of the changes up to this number that nothing was said about yet, nothing is written. */
  full(number: number): void;
  /** Said once; nothing is written any more. */
  failed(error: TqError): void;
}

/** For the parts of tq itself, and for tests. */
export interface JournalInternals {
  readonly monotonicNow: () => number;
  readonly wallNow?: (() => number) | undefined;
  readonly faults?: StorageFaults | undefined;
}

export class Journal {
  /** Of this start: higher than of all before it. */
  readonly epoch: number;
  /** Whether whoever had it before closed it in order. */
  readonly wasClosed: boolean;
  readonly #thread: StorageThread<JournalTypes>;
  readonly #clock: WallClock;

  /**
   * Opens a journal, or makes one, and reads what is in it.
   *
   * Errors: `TQ_ERR_STORAGE_LOCKED`, `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_CORRUPT`, `TQ_ERR_STORAGE_FULL`,
   * `TQ_ERR_STORAGE_FAILED`.
   */
  static async open(
    settings: JournalSettings,
    listener: JournalListener,
    internals: JournalInternals,
  ): Promise<{ readonly journal: Journal; readonly contents: JournalContents }> {
    const { directory, durability, syncIntervalMs } = settings;
    const { monotonicNow, wallNow = Date.now, faults } = internals;
    const clock = new WallClock(monotonicNow, wallNow);
    const subject = { noun: journalKind.noun, file: join(directory, journalFileName) };
    const reader = new ContentsReader(clock, ({ table, key, reason }) => {
      throw corruptError(subject, [`the row of ${table} with ${key}: ${reason}`]);
    });
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
      onWritten: (number) => listener.written(number),
      onFull: (number) => listener.full(number),
      onFailed: (error) => listener.failed(error),
    });
    try {
      return { journal: new Journal(thread, { clock, ...opened }), contents: reader.take() };
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  private constructor(
    thread: StorageThread<JournalTypes>,
    { clock, epoch, wasClosed }: { clock: WallClock } & JournalTypes["opened"],
  ) {
    this.#thread = thread;
    this.#clock = clock;
    this.epoch = epoch;
    this.wasClosed = wasClosed;
  }

  /** `number` grows by one. Payloads in it are copied at once, and may be used further. */
  write(number: number, change: JournalChange): void {
    const value = changeToRows(change, this.#clock);
    this.#thread.write(number, { value, transfer: memoryOf(value) });
  }

  /** Resolves when all that was handed over is written and synced, whatever the durability. Harmless twice. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}
