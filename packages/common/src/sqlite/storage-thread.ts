/**
 * A file in a thread of its own, as the main thread sees it: changes go in with growing numbers, and what became of them
 * comes back. It decides nothing about what is written.
 */
import { Worker as Thread } from "node:worker_threads";
import { TqError } from "../contract/index.ts";
import { keepWasmCode } from "../node/keep-wasm-code.ts";
import type { Durability } from "./group-commit.ts";
import { storageLimits } from "./limits.ts";
import type { StorageFaults } from "./storage-faults.ts";
import {
  type FromStorage,
  fromPlainError,
  type Parcel,
  type StorageThreadData,
  type StorageTypes,
  type ToStorage,
} from "./storage-messages.ts";

export interface StorageThreadOptions<T extends StorageTypes> {
  /** The thread's module, which calls `serveStorage`. Ends as the file that names it: `.ts` in source, `.js` when built. */
  readonly module: URL;
  /** Shown by debuggers. */
  readonly name: string;
  readonly settings: T["settings"];
  readonly durability: Durability;
  /** With durability `interval`: between syncs. Default 1,000. */
  readonly syncIntervalMs?: number | undefined;
  readonly faults?: StorageFaults | undefined;
  /** Told for each part of what is in the file, all before `open` resolves. */
  readonly onContent?: ((content: T["content"]) => void) | undefined;
  /** All changes up to this number are written, and synced as far as the durability says. */
  readonly onWritten: (number: number) => void;
  /**
   * There is no room. Of the changes up to this number that nothing was said about yet, nothing is written that grows; what does
   * not grow may be written, and is to be handed over again in any case.
   */
  readonly onFull: (number: number) => void;
  /** Said once, after it was opened: nothing more is written, and nothing more is told. */
  readonly onFailed: (error: TqError) => void;
}

export class StorageThread<T extends StorageTypes> {
  readonly #options: StorageThreadOptions<T>;
  readonly #thread: Thread;
  readonly #opened = Promise.withResolvers<T["opened"]>();
  readonly #exited = Promise.withResolvers<void>();
  readonly #queries = new Map<number, PromiseWithResolvers<T["answer"]>>();
  #lastQuery = 0;
  /** Numbers of the last change that was handed over, and of the last that something was told about. */
  #written = 0;
  #told = 0;
  #isOpen = false;
  #hasSaidClosed = false;
  #failure: TqError | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Resolves when the file is open and what is in it was told.
   *
   * Errors: `TQ_ERR_STORAGE_LOCKED`, `_VERSION`, `_CORRUPT`, `_FULL`, `_FAILED`.
   */
  static async open<T extends StorageTypes>(
    options: StorageThreadOptions<T>,
  ): Promise<{ readonly thread: StorageThread<T>; readonly opened: T["opened"] }> {
    const thread = new StorageThread(options);
    try {
      const opened = await thread.#opened.promise;
      thread.#keepAlive();
      return { thread, opened };
    } catch (error) {
      await thread.#exited.promise;
      throw error;
    }
  }

  private constructor(options: StorageThreadOptions<T>) {
    this.#options = options;
    const {
      module,
      name,
      settings,
      durability,
      syncIntervalMs = storageLimits.syncIntervalMs,
      faults,
    } = options;
    const workerData: StorageThreadData = { settings, durability, syncIntervalMs, faults: faults?.memory };
    if (module.pathname.endsWith(".ts")) keepWasmCode();
    this.#thread = new Thread(module, { name, workerData });
    this.#thread.on("message", (message: FromStorage) => this.#take(message));
    this.#thread.on("error", (error) => this.#fail(this.#lost(error)));
    this.#thread.on("exit", () => {
      if (!this.#hasSaidClosed) this.#fail(this.#lost());
      this.#exited.resolve();
    });
  }

  /** `number`: growing. Memory that is not given away by `transfer` is copied. Nothing happens once it has failed. */
  write(number: number, { value, transfer = [] }: Parcel<T["change"]>): void {
    if (this.#failure !== undefined || this.#closing !== undefined) return;
    this.#thread.postMessage({ type: "write", number, change: value } satisfies ToStorage, transfer);
    this.#written = number;
    this.#keepAlive();
  }

  /** Sees what was written before. Rejects with a storage error. */
  query(query: T["query"]): Promise<T["answer"]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closing !== undefined) return Promise.reject(new TqError("TQ_ERR_CLOSED", "it was closed"));
    const asked = Promise.withResolvers<T["answer"]>();
    this.#lastQuery += 1;
    this.#queries.set(this.#lastQuery, asked);
    this.#thread.postMessage({ type: "query", id: this.#lastQuery, query } satisfies ToStorage);
    this.#keepAlive();
    return asked.promise;
  }

  /** Resolves when all that was handed over is written and synced, whatever the durability. Harmless twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#failure === undefined) {
      this.#thread.ref();
      this.#thread.postMessage({ type: "close" } satisfies ToStorage);
    }
    await this.#exited.promise;
    for (const { reject } of this.#queries.values()) reject(new TqError("TQ_ERR_CLOSED", "it was closed"));
    this.#queries.clear();
  }

  #take(message: FromStorage): void {
    if (this.#failure !== undefined) return;
    switch (message.type) {
      case "content":
        return this.#options.onContent?.(message.content);
      case "opened":
        this.#isOpen = true;
        return this.#opened.resolve(message.opened);
      case "written":
        this.#answered(message.number);
        return this.#options.onWritten(message.number);
      case "full":
        this.#answered(message.number);
        return this.#options.onFull(message.number);
      case "answer":
        return this.#takeQuery(message.id)?.resolve(message.answer);
      case "refused":
        return this.#takeQuery(message.id)?.reject(fromPlainError(message.error));
      case "failed":
        return this.#fail(fromPlainError(message.error));
      case "closed":
        this.#hasSaidClosed = true;
    }
  }

  #takeQuery(id: number): PromiseWithResolvers<T["answer"]> | undefined {
    const asked = this.#queries.get(id);
    this.#queries.delete(id);
    this.#keepAlive();
    return asked;
  }

  #answered(number: number): void {
    this.#told = number;
    this.#keepAlive();
  }

  /** Storage alone is no reason for a process to live; what somebody waits for is. */
  #keepAlive(): void {
    if (this.#closing !== undefined || this.#written > this.#told || this.#queries.size > 0)
      this.#thread.ref();
    else this.#thread.unref();
  }

  #fail(error: TqError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const { reject } of this.#queries.values()) reject(error);
    this.#queries.clear();
    if (this.#isOpen) this.#options.onFailed(error);
    else this.#opened.reject(error);
  }

  #lost(error?: unknown): TqError {
    const { name } = this.#options;
    const end = error instanceof Error ? `: ${error.name}: ${error.message}` : "";
    return new TqError("TQ_ERR_STORAGE_FAILED", `the thread ${name} has ended${end}`, { cause: error });
  }
}
