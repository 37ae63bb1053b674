/**
 * A worker on a thread, as the main thread sees it: starts it, starts another when it dies, until it is closed. It never
 * gives up: nobody stands by to start this process again, as somebody does with a command.
 */
import { once } from "node:events";
import { extname } from "node:path";
import { Worker as Thread } from "node:worker_threads";
import { TqError } from "@tq/common";
import { keepWasmCode, type TqLogger } from "@tq/common/node";
import type { Transport } from "@tq/common/transport";
import type { WorkerStats } from "@tq/worker";
import { defaultRestartLimits, RestartPolicy } from "@tq/worker/hosting";
import { ThreadLinks } from "./thread-links.ts";
import { writeLine } from "./thread-log.ts";
import type { FromThread, ThreadSettings, ToThread } from "./thread-messages.ts";

/** A thread whose loop is stuck cannot say goodbye. */
const closingMs = 1_000;
/** Handlers that take longer to load are told of: an import may wait for something that never comes. */
const slowLoadDefaultMs = 10_000;

export interface ThreadWorkerOptions {
  readonly settings: ThreadSettings;
  /** Gives a transport for one start. */
  readonly transport: () => Transport;
  readonly heapMb: number | undefined;
  readonly log: TqLogger;
  /** When it is told that handlers are still loading. Default 10,000. */
  readonly slowLoadMs?: number | undefined;
}

/** Numbers of a worker on a thread. */
export interface ThreadWorkerStats extends WorkerStats {
  /** Starts of its thread; more than one if it has died. */
  readonly starts: number;
  /** False while it is between two starts; then the rest is as it was last. */
  readonly isAlive: boolean;
}

export class ThreadWorker {
  readonly #options: ThreadWorkerOptions;
  readonly #restarts = new RestartPolicy({ ...defaultRestartLimits, deathsMax: Number.POSITIVE_INFINITY });
  readonly #ready = Promise.withResolvers<void>();
  #thread: Thread | undefined;
  #links: ThreadLinks | undefined;
  #stats: WorkerStats | undefined;
  #starts = 0;
  #startedAt = 0;
  /** What killed the present thread, where it was said. */
  #error: unknown;
  #wasReady = false;
  #timer: NodeJS.Timeout | undefined;
  /** What follows the end of a thread. */
  #ending: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ThreadWorkerOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => {});
    this.#start();
  }

  /** Resolves when its handlers are loaded; rejects if they cannot be, or if its first thread dies. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** As the thread said last: at most a tenth of a second old, unless its loop is stuck. Undefined before it was ready. */
  stats(): ThreadWorkerStats | undefined {
    if (this.#stats === undefined) return undefined;
    return { ...this.#stats, starts: this.#starts, isAlive: this.#thread !== undefined };
  }

  /** Resolves when the thread has ended; what it has gets `drainMs` to be finished and committed. Harmless twice. */
  close(drainMs = 0): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    clearTimeout(this.#timer);
    const thread = this.#thread;
    if (thread === undefined) return;
    const ended = once(thread, "exit");
    thread.postMessage({ type: "close", drainMs } satisfies ToThread);
    this.#timer = setTimeout(() => void thread.terminate(), closingMs + drainMs);
    await ended;
    clearTimeout(this.#timer);
    await this.#ending;
  }

  #start(): void {
    const { settings, transport, heapMb, slowLoadMs = slowLoadDefaultMs } = this.#options;
    // Built files import each other as .js, but a URL is not rewritten: the thread's file ends like this one.
    const file = new URL(`./thread-main${extname(import.meta.url)}`, import.meta.url);
    keepWasmCode();
    const resourceLimits = heapMb === undefined ? {} : { maxOldGenerationSizeMb: heapMb };
    const thread = new Thread(file, { name: settings.name, workerData: settings, resourceLimits });
    this.#thread = thread;
    this.#links = new ThreadLinks(transport(), (message, transfer = []) =>
      thread.postMessage(message, transfer),
    );
    this.#starts += 1;
    this.#startedAt = performance.now();
    this.#error = undefined;
    this.#timer = setTimeout(() => this.#sayLoading(), slowLoadMs);
    thread.on("message", (message: FromThread) => this.#take(message));
    thread.on("error", (error) => {
      this.#error = error;
    });
    thread.once("exit", (exitCode) => {
      this.#ending = this.#ended(exitCode);
    });
  }

  #take(message: FromThread): void {
    const links = this.#links;
    if (links === undefined) return;
    switch (message.type) {
      case "connect":
      case "frames":
      case "took":
      case "disconnect":
        return links.take(message);
      case "heart":
        return links.beat(message.heart, this.#options.settings.ventilator);
      case "log":
        return writeLine(this.#options.log, message.line);
      case "stats":
        this.#stats = message.stats;
        return;
      case "ready":
        clearTimeout(this.#timer);
        this.#stats = message.stats;
        this.#wasReady = true;
        this.#ready.resolve();
        return;
      case "failed":
        this.#error = new TqError(message.code, message.message);
        if (message.stack !== undefined && this.#error instanceof Error) this.#error.stack = message.stack;
        void this.#thread?.terminate();
        return;
      case "closed":
        void this.#thread?.terminate();
    }
  }

  async #ended(exitCode: number): Promise<void> {
    this.#thread = undefined;
    if (this.#closing === undefined) clearTimeout(this.#timer);
    const links = this.#links;
    this.#links = undefined;
    await links?.close();
    if (this.#closing !== undefined) return;
    if (!this.#wasReady) {
      this.#ready.reject(this.#error ?? this.#lost(exitCode));
      return;
    }
    const { settings, log } = this.#options;
    const livedMs = Math.round(performance.now() - this.#startedAt);
    const delayMs = this.#restarts.died(livedMs) ?? 0;
    const fields = { event: "thread.died", worker: settings.name, exitCode, livedMs, restartMs: delayMs };
    const end = this.#error === undefined ? `exit code ${exitCode}` : describe(this.#error);
    log.warn(
      { ...fields, err: this.#error },
      `the thread of worker ${settings.name} ended: ${end}; another starts in ${delayMs} ms`,
    );
    this.#timer = setTimeout(() => this.#start(), delayMs);
  }

  #sayLoading(): void {
    const { settings, log } = this.#options;
    log.warn(
      { event: "thread.loading", worker: settings.name, files: settings.files },
      `the thread of worker ${settings.name} is still loading its handlers`,
    );
  }

  #lost(exitCode: number): TqError {
    const message = `the thread of worker ${this.#options.settings.name} ended with exit code ${exitCode} while it loaded its handlers`;
    return new TqError("TQ_ERR_WORKER_LOST", message, { details: { exitCode } });
  }
}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
