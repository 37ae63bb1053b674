/**
 * The worker's heart: a thread that tells the ventilators that this process lives, and how long its main loop has stood still.
 * So a handler that computes for seconds keeps its lease, and a process that is gone is still noticed in two.
 *
 * It has its own connections: what the main thread has queued must not hold a beat back.
 */
import { beatMs } from "./beats.ts";
import { type HeartThread, takeHeartThread } from "./heart-pool.ts";
import { type HeartTable, turnMarkMs } from "./heart-table.ts";

export interface HeartOptions {
  readonly endpoints: readonly string[];
  readonly table: HeartTable;
  /** Default 250. */
  readonly beatMs?: number | undefined;
  /** The thread has failed, and beats no more. */
  readonly onFailure: (error: unknown) => void;
}

export class Heart {
  /** Resolves when it beats, or has failed to. */
  readonly beating: Promise<void>;
  readonly #thread: HeartThread;
  readonly #marks: NodeJS.Timeout;
  #closing: Promise<void> | undefined;

  constructor({ endpoints, table, onFailure, beatMs: everyMs = beatMs }: HeartOptions) {
    table.markTurn();
    this.#marks = setInterval(() => table.markTurn(), turnMarkMs).unref();
    const { memory, size } = table;
    this.#thread = takeHeartThread();
    this.beating = this.#thread.start({ memory, size, endpoints, beatMs: everyMs }, { table, onFailure });
  }

  /** Resolves when its sockets are closed. Harmless twice. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    clearInterval(this.#marks);
    await this.#thread.stop();
  }
}
