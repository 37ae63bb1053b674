/**
 * The worker's heart: a thread that tells the ventilators that this process lives, and how long its main loop has stood still.
 * So a handler that computes for seconds keeps its lease, and a process that is gone is still noticed in two.
 *
 * It has its own connections: what the main thread has queued must not hold a beat back.
 */
import { once } from "node:events";
import { extname } from "node:path";
import { Worker as Thread } from "node:worker_threads";
import { keepWasmCode } from "@tq/common/node";
import { beatMs } from "./beats.ts";
import { type HeartTable, type TableSize, turnMarkMs } from "./heart-table.ts";

/** What a process that exits gives the thread to close its sockets. That takes some milliseconds, on a busy machine many. */
const exitWaitMs = 5_000;

/** What the thread is given. */
export interface HeartThreadData {
  readonly memory: SharedArrayBuffer;
  readonly size: TableSize;
  /** Of the ventilators, in their order. */
  readonly endpoints: readonly string[];
  readonly beatMs: number;
}

export interface HeartOptions {
  readonly endpoints: readonly string[];
  readonly table: HeartTable;
  /** Default 250. */
  readonly beatMs?: number | undefined;
  /** The thread has failed, and beats no more. */
  readonly onFailure: (error: unknown) => void;
}

export class Heart {
  readonly #thread: Thread;
  readonly #marks: NodeJS.Timeout;
  readonly #table: HeartTable;
  readonly #beating = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;

  constructor(options: HeartOptions) {
    const { endpoints, table } = options;
    this.#table = table;
    table.markTurn();
    this.#marks = setInterval(() => table.markTurn(), turnMarkMs).unref();
    // Built files import each other as .js, but a URL is not rewritten: the thread's file ends like this one.
    const ending = extname(import.meta.url);
    const file = new URL(`./heart-thread${ending}`, import.meta.url);
    if (ending === ".ts") keepWasmCode();
    const { memory, size } = table;
    const workerData: HeartThreadData = { memory, size, endpoints, beatMs: options.beatMs ?? beatMs };
    this.#thread = new Thread(file, { name: "tq-heart", workerData });
    this.#thread.on("error", options.onFailure);
    this.#thread.once("message", () => {
      // A heart alone is no reason for a process to live.
      this.#thread.unref();
      this.#beating.resolve();
    });
    this.#thread.once("exit", () => this.#beating.resolve());
    process.once("exit", this.#onExit);
  }

  /** Resolves when it beats, or has failed to. */
  get beating(): Promise<void> {
    return this.#beating.promise;
  }

  /** Resolves when the thread has ended. Harmless twice. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    clearInterval(this.#marks);
    if (this.#thread.threadId !== -1) {
      const ended = once(this.#thread, "exit");
      this.#thread.ref();
      this.#thread.postMessage("close");
      await ended;
    }
    // Not before: the process may exit while the thread still ends.
    process.off("exit", this.#onExit);
  }

  /**
   * A thread that ends while a socket of it waits to receive takes the process with it (SIGABRT), and with that the exit code
   * and the message of whatever ended the process. So it closes its sockets first, and the process waits for that.
   */
  readonly #onExit = (): void => {
    this.#thread.postMessage("close");
    this.#table.waitUntilClosed(exitWaitMs);
  };
}
