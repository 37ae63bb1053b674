/**
 * The threads of a process's hearts: a thread whose heart has ended waits, without a socket or a timer, for the next heart.
 *
 * ZeroMQ's library ends what it has opened for a thread (two threads of its own, five descriptors) only with the process. So a
 * thread that ended would leave that behind at each stop of a worker, and one that waits is used again with all of it. There are
 * never more threads than there were workers at the same time.
 *
 * Rejected: one thread for all hearts (a worker that closes would wait for the sockets of the others' beats, and one that
 * crashes would take all with it); a limit (a thread beyond it would give back its memory, some 25 MB, which as many workers
 * want again, and leave behind what nobody gets back).
 */
import { extname } from "node:path";
import { Worker as Thread } from "node:worker_threads";
import { keepWasmCode } from "@tq/common/node";
import type { HeartTable, TableSize } from "./heart-table.ts";

/** What a process that exits gives its hearts to close their sockets. That takes some milliseconds, on a busy machine many. */
const exitWaitMs = 5_000;

/** What a thread needs to know of a heart. */
export interface HeartOrder {
  readonly memory: SharedArrayBuffer;
  readonly size: TableSize;
  /** Of the ventilators, in their order. */
  readonly endpoints: readonly string[];
  readonly beatMs: number;
}

/** To the thread. Each heart is closed, and has said so, before the next begins. */
export type ToHeartThread = HeartOrder | "close";
export type FromHeartThread = "beating" | "closed";

/** A heart, as the thread that it has for its life sees it. */
interface Tenant {
  readonly table: HeartTable;
  readonly onFailure: (error: unknown) => void;
  readonly beating: PromiseWithResolvers<void>;
  readonly ended: PromiseWithResolvers<void>;
}

const waiting: HeartThread[] = [];
const taken = new Set<HeartThread>();
let watchesExit = false;

/** One that waits, or else a new one. It waits again when its heart has stopped. */
export function takeHeartThread(): HeartThread {
  // One listener for all: Node warns of more than ten.
  if (!watchesExit) process.once("exit", closeAtExit);
  watchesExit = true;
  const thread = waiting.pop() ?? new HeartThread();
  taken.add(thread);
  return thread;
}

/**
 * A thread that ends while a socket of it waits to receive takes the process with it (SIGABRT), and with that the exit code
 * and the message of whatever ended the process. So all close their sockets first, and the process waits for that.
 */
function closeAtExit(): void {
  const until = performance.now() + exitWaitMs;
  for (const thread of taken) thread.tellToClose();
  for (const thread of taken) thread.waitUntilClosed(until - performance.now());
}

export class HeartThread {
  readonly #thread: Thread;
  #tenant: Tenant | undefined;

  constructor() {
    // Built files import each other as .js, but a URL is not rewritten: the thread's file ends like this one.
    const ending = extname(import.meta.url);
    const file = new URL(`./heart-thread${ending}`, import.meta.url);
    if (ending === ".ts") keepWasmCode();
    this.#thread = new Thread(file, { name: "tq-heart" });
    this.#thread.on("message", this.#heard);
    // Without a tenant nobody misses it: the next one has another thread.
    this.#thread.on("error", (error) => this.#tenant?.onFailure(error));
    this.#thread.once("exit", this.#exited);
  }

  /** Resolves when it beats, or has failed to. */
  start(order: HeartOrder, tenant: Pick<Tenant, "table" | "onFailure">): Promise<void> {
    const beating = Promise.withResolvers<void>();
    this.#tenant = { ...tenant, beating, ended: Promise.withResolvers<void>() };
    this.#thread.ref();
    this.#tell(order);
    return beating.promise;
  }

  /** Resolves when its sockets are closed, or it has ended. Then it may be another's. */
  async stop(): Promise<void> {
    if (this.#tenant === undefined) return;
    this.#thread.ref();
    this.tellToClose();
    await this.#tenant.ended.promise;
  }

  tellToClose(): void {
    this.#tell("close");
  }

  waitUntilClosed(timeoutMs: number): void {
    this.#tenant?.table.waitUntilClosed(timeoutMs);
  }

  #tell(message: ToHeartThread): void {
    this.#thread.postMessage(message);
  }

  /** Neither a heart nor a thread that waits for one is a reason for a process to live. */
  readonly #heard = (message: FromHeartThread): void => {
    this.#thread.unref();
    if (message === "beating") {
      this.#tenant?.beating.resolve();
    } else {
      this.#leave();
      waiting.push(this);
    }
  };

  readonly #exited = (): void => {
    this.#leave();
    const place = waiting.indexOf(this);
    if (place !== -1) waiting.splice(place, 1);
  };

  #leave(): void {
    taken.delete(this);
    this.#tenant?.beating.resolve();
    this.#tenant?.ended.resolve();
    this.#tenant = undefined;
  }
}
