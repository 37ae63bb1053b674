/**
 * A store in an SQLite file: results, what is known of ids, and how far consumers have read, each change in one transaction.
 *
 * A thread writes it; results are read here, over a connection of its own, which never waits for the one that writes.
 * Numbers of changes are the listener's; cursors and expiry are written between them under numbers of this store's own.
 */
import { extname, resolve } from "node:path";
import { TqError } from "@tq/common";
import { type StorageFaults, StorageThread } from "@tq/common/sqlite";
import type { WindowSnapshot } from "../../core/duplicate-window.ts";
import { defaultLimits } from "../../core/limits.ts";
import type { StoreChange } from "../../core/store-change.ts";
import type { ResultStore, StoreListener } from "../store.ts";
import { Cursors } from "./cursors.ts";
import { ExpiryTimer } from "./expiry-timer.ts";
import { parcelOf, type StoreTypes, type StoreWrite } from "./store-messages.ts";
import { StoredResults } from "./stored-results.ts";

export interface SqliteStoreOptions {
  readonly file: string;
  /** How long a result is kept after its commit. Default: for ever. */
  readonly keepForMs?: number | undefined;
  /** For tests. */
  readonly faults?: StorageFaults | undefined;
}

/** Handed to the thread and not answered. */
interface Posted {
  readonly number: number;
  /** The listener's number, if it is a change of the listener. */
  readonly change: number | undefined;
  readonly answered: ((isWritten: boolean) => void) | undefined;
}

export class SqliteStore implements ResultStore {
  readonly id: string;
  readonly file: string;
  readonly results: StoredResults;
  readonly cursors: Cursors;
  readonly #thread: StorageThread<StoreTypes>;
  readonly #window: WindowSnapshot;
  readonly #keepForMs: number | undefined;
  #expiry: ExpiryTimer | undefined;
  #listener: StoreListener | undefined;
  #posted: Posted[] = [];
  #lastNumber = 0;
  #closing: Promise<void> | undefined;

  /**
   * Opens a store, or makes one.
   *
   * Errors: `TQ_ERR_STORAGE_LOCKED`, `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_CORRUPT`, `TQ_ERR_STORAGE_FULL`,
   * `TQ_ERR_STORAGE_FAILED`.
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const file = resolve(options.file);
    let store: SqliteStore | undefined;
    const { thread, opened } = await StorageThread.open<StoreTypes>({
      // Built files import each other as .js, but a URL is not rewritten: the thread's file ends like this one.
      module: new URL(`./store-thread${extname(import.meta.url)}`, import.meta.url),
      name: "tq-store",
      settings: { file, closedOriginsMax: defaultLimits.closedOriginsMax },
      durability: "always",
      faults: options.faults,
      onWritten: (number) => store?.answered(number, true),
      onFull: (number) => store?.answered(number, false),
      onFailed: (error) => store?.failed(error),
    });
    try {
      store = new SqliteStore(thread, { ...options, ...opened, file });
      return store;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  private constructor(
    thread: StorageThread<StoreTypes>,
    { file, keepForMs, sink, window, cursors }: SqliteStoreOptions & StoreTypes["opened"],
  ) {
    this.#thread = thread;
    this.file = file;
    this.id = sink;
    this.#window = window;
    this.results = new StoredResults(file);
    this.cursors = new Cursors(cursors, (moved, answered) =>
      this.#post({ type: "cursors", cursors: moved }, { answered }),
    );
    this.#keepForMs = keepForMs;
  }

  restore(): WindowSnapshot {
    return this.#window;
  }

  listen(listener: StoreListener): void {
    this.#listener = listener;
  }

  /** Called once, when whoever is to be waited for has had the time to say so. Without a `keepForMs` nothing expires. */
  beginExpiry(heldAfter: () => number): void {
    if (this.#keepForMs === undefined) return;
    this.#expiry = new ExpiryTimer(this.#keepForMs, {
      oldest: () => this.results.oldest(),
      heldAfter,
      expire: (which, answered) => {
        // What was read by now has not expired unread.
        this.cursors.flush();
        this.#post({ type: "expire", ...which }, { answered });
      },
      unread: () => this.results.unreadExpired(),
      tell: (unread) => this.#listener?.expiredUnread?.(unread),
    });
  }

  write(number: number, change: StoreChange): void {
    const { value, transfer } = parcelOf(change);
    this.#post(value, { change: number, transfer });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** By the thread: all that it was given up to this number is written, or there was no room for any of it. */
  answered(through: number, isWritten: boolean): void {
    let change: number | undefined;
    let count = 0;
    for (const posted of this.#posted) {
      if (posted.number > through) break;
      change = posted.change ?? change;
      count += 1;
    }
    for (const { answered } of this.#posted.splice(0, count)) answered?.(isWritten);
    if (change === undefined) return;
    if (isWritten) this.#listener?.persisted(change);
    else this.#listener?.full(change);
  }

  failed(error: TqError): void {
    this.#posted = [];
    this.#expiry?.stop();
    this.cursors.fail(error);
    this.#listener?.failed(error);
  }

  async #close(): Promise<void> {
    this.#expiry?.stop();
    this.cursors.close();
    await this.#thread.close();
    this.cursors.fail(
      new TqError("TQ_ERR_CLOSED", `the store ${this.file} was closed before that was saved`),
    );
    this.results.close();
  }

  #post(
    write: StoreWrite,
    about: {
      change?: number;
      transfer?: readonly ArrayBuffer[] | undefined;
      answered?: (isWritten: boolean) => void;
    },
  ): void {
    this.#lastNumber += 1;
    const { change, transfer, answered } = about;
    this.#posted.push({ number: this.#lastNumber, change, answered });
    this.#thread.write(this.#lastNumber, { value: write, transfer });
  }
}
