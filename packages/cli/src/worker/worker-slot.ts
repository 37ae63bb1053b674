/**
 * One place for a worker process: starts it, starts another when it dies, until told to stop.
 */
import type { ChildProcess } from "node:child_process";
import { TqError } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import { RestartPolicy } from "@tq/worker/hosting";
import type { LoadedFile } from "../dev/loaded-files.ts";
import { describeEnd, forkSibling, sendTo } from "../processes/fork-child.ts";
import type { FromWorkerProcess, ToWorkerProcess, WorkerReady, WorkerSettings } from "./worker-messages.ts";

/** Handlers that take longer to load are told of: an import may wait for something that never comes. */
const slowLoadMs = 10_000;
/** What a process gets beyond its deadline to drain, for closing. */
const closingMs = 3_000;

export interface WorkerSlotOptions {
  /** From 1, for the log. */
  readonly number: number;
  readonly settings: WorkerSettings;
  readonly log: TqLogger;
  /** Each time a process has loaded its handlers. */
  onReady(ready: WorkerReady): void;
  /** What a process in `tq dev` has loaded. */
  onLoaded(files: readonly LoadedFile[]): void;
  /** Once, when a ventilator has asked it to leave, and it has; or when its process was lost meanwhile. */
  onLeft(lost?: TqError): void;
  /** Once, when it can't go on. */
  onFailed(error: TqError): void;
}

export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  readonly #restarts = new RestartPolicy();
  #child: ChildProcess | undefined;
  #startedAt = 0;
  #wasReady = false;
  #isStopping = false;
  #isLeaving = false;
  #wasKilled = false;
  /** It cannot go on, and another process could not either. */
  #hasFailed = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = Promise.withResolvers<void>();

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
    this.#start();
  }

  /** Resolves when the process has drained and is gone; it is killed when it does not keep to the time. */
  drain(timeoutMs: number): Promise<void> {
    if (this.#isStopping) return this.#stopped.promise;
    this.#isStopping = true;
    clearTimeout(this.#timer);
    if (this.#child === undefined) this.#stopped.resolve();
    else {
      this.#tell(this.#child, { type: "drain", timeoutMs });
      this.#timer = setTimeout(() => this.#killLate(timeoutMs), timeoutMs + closingMs);
    }
    return this.#stopped.promise;
  }

  kill(): void {
    this.#wasKilled = true;
    this.#child?.kill("SIGKILL");
  }

  #start(): void {
    const { number, settings, log } = this.#options;
    const child = forkSibling("worker-process", import.meta.url);
    this.#child = child;
    this.#startedAt = performance.now();
    child.on("message", (message) => this.#onMessage(message as FromWorkerProcess));
    child.on("error", (error) => this.#onError(child, error));
    // Not at "exit": its last words may still be unread then, and they say whether another is wanted.
    child.once("close", (exitCode, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      clearTimeout(this.#timer);
      const end = describeEnd(exitCode, signal);
      if (this.#isStopping || this.#isLeaving) this.#onStopped(child, { end, isClean: exitCode === 0 });
      else this.#onDied(child, end);
    });
    this.#tell(child, { type: "start", settings });
    log.debug({ process: number, processPid: child.pid }, `worker process ${number} started`);
    this.#timer = setTimeout(() => this.#sayLoading(), slowLoadMs);
  }

  #onMessage(message: FromWorkerProcess): void {
    const { number, log } = this.#options;
    if (message.type === "ready") {
      clearTimeout(this.#timer);
      this.#wasReady = true;
      const tasks = message.tasks.map(({ name }) => name);
      const fields = { process: number, processPid: this.#child?.pid, tasks };
      log.info(fields, `worker process ${number} is ready (pid ${this.#child?.pid})`);
      this.#options.onReady(message);
      return;
    }
    if (message.type === "leaving") {
      this.#isLeaving = true;
      return;
    }
    if (message.type === "left") {
      this.#isStopping = true;
      log.info({ process: number }, `worker process ${number} was asked to leave by a ventilator, and has`);
      this.#options.onLeft();
      return;
    }
    if (message.type === "loaded") {
      this.#options.onLoaded(message.files);
      return;
    }
    const { code, message: text, stack, isLoading } = message;
    const error = new TqError(code, text);
    if (stack !== undefined) error.stack = stack;
    // A file that loaded once and does not any more is being worked on: what runs goes on, and it is tried again.
    if (isLoading && this.#wasReady)
      log.error({ process: number, code }, `worker process ${number}: ${text}`);
    else this.#fail(error);
  }

  /** A drain that its process did not survive is no success: what it had left runs elsewhere. */
  #onStopped(child: ChildProcess, { end, isClean }: { end: string; isClean: boolean }): void {
    const { number, onFailed, onLeft } = this.#options;
    const message = `worker process ${number} (pid ${child.pid}) ended while it drained: ${end}`;
    const isLost = !isClean && !this.#wasKilled;
    const lost = isLost ? new TqError("TQ_ERR_WORKER_LOST", message) : undefined;
    if (!this.#isStopping) onLeft(lost);
    else if (lost !== undefined) onFailed(lost);
    this.#isStopping = true;
    this.#stopped.resolve();
  }

  #onError(child: ChildProcess, { message }: Error): void {
    if (child.pid === undefined && this.#child === child) {
      // It never was, so its end is not told.
      this.#child = undefined;
      clearTimeout(this.#timer);
      if (this.#isStopping) this.#stopped.resolve();
    }
    const { number } = this.#options;
    this.#fail(new TqError("TQ_ERR_WORKER_LOST", `worker process ${number} cannot be started: ${message}`));
  }

  #onDied(child: ChildProcess, end: string): void {
    if (this.#hasFailed) return;
    const { number, log } = this.#options;
    const livedMs = Math.round(performance.now() - this.#startedAt);
    const delayMs = this.#restarts.died(livedMs);
    const fields = { process: number, processPid: child.pid, end, livedMs };
    const what = `worker process ${number} (pid ${child.pid}) ended: ${end}`;
    if (delayMs === undefined) {
      const message = `${what}; it died ${this.#restarts.deaths} times in a row, giving up`;
      this.#fail(new TqError("TQ_ERR_WORKER_LOST", message, { details: fields }));
      return;
    }
    log.warn({ ...fields, restartMs: delayMs }, `${what}; another starts in ${delayMs} ms`);
    this.#timer = setTimeout(() => this.#start(), delayMs);
  }

  #fail(error: TqError): void {
    this.#hasFailed = true;
    if (!this.#isStopping) this.#options.onFailed(error);
  }

  #sayLoading(): void {
    const { number, log, settings } = this.#options;
    log.warn(
      { process: number, files: settings.files },
      `worker process ${number} is still loading its handlers`,
    );
  }

  #killLate(timeoutMs: number): void {
    const { number, log } = this.#options;
    log.error(
      { process: number, processPid: this.#child?.pid },
      `worker process ${number} has not drained after ${timeoutMs / 1000} s: killing it; its tasks run elsewhere`,
    );
    this.kill();
  }

  #tell(child: ChildProcess, message: ToWorkerProcess): void {
    sendTo(child, message);
  }
}
