/**
 * The worker as a process runs it: the core, joined to sockets, clock, log, heart and the user's handlers. It decides
 * nothing.
 */
import { errorCodes, isTqError, TqError, type TqErrorCode } from "@tq/common";
import { invariant, toRemoteError } from "@tq/common/contract";
import { createLogger, drawBootId, logNobody, readDrainTimeout, type TqLogger } from "@tq/common/node";
import { defaultTiming, type Timing } from "@tq/common/protocol";
import {
  type CompressionStats,
  type Core,
  createDriver,
  createZeromqTransport,
  type Driver,
  linkLimits,
  parseEndpoint,
  reachableEndpoint,
  type Transport,
} from "@tq/common/transport";
import { checkWorkerTimes } from "./check-times.ts";
import type { WorkerPort } from "./core/port.ts";
import { WorkerCore, type WorkerCoreStats } from "./core/worker-core.ts";
import { Executor } from "./executor/executor.ts";
import { Heart } from "./heart.ts";
import { HeartTable } from "./heart-table.ts";
import { type HeartMemory, type LentHeart, markTurns } from "./hosting/lent-heart.ts";
import { logEvent, type WorkerEvent } from "./log-event.ts";
import { type CheckedOptions, checkOptions, type WorkerOptions } from "./options.ts";

/** How long draining may take. */
export interface DrainOptions {
  /** How long running handlers and uncommitted results have. Default 25,000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** Numbers of a worker: its attempts and results, now and since its start. */
export interface WorkerStats extends WorkerCoreStats {
  readonly name: string;
  readonly compression: CompressionStats;
}

/** A running worker. */
export interface Worker extends AsyncDisposable {
  readonly name: string;
  /** Their endpoints. */
  readonly ventilators: readonly string[];
  /**
   * Resolves once it is closed, by whomever: a ventilator can ask its workers to drain. Rejects if every ventilator has refused it, with the code of the refusal: then the worker is
   * of no use, and has closed itself.
   */
  readonly closed: Promise<void>;
  stats(): WorkerStats;
  /**
   * Takes nothing new, gives back what has not started, finishes what runs, waits for its results to be committed, and closes.
   * What is left when the time is over is aborted, given back, and logged by id.
   *
   * Errors: `TQ_ERR_INVALID_OPTION`.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Says goodbye at once: aborts what runs and gives everything back. Harmless twice. */
  close(): Promise<void>;
}

/** For the parts of tq itself: other carriers and clocks. */
export interface WorkerInternals {
  /** Not closed by the worker. */
  readonly transport?: Transport | undefined;
  readonly timing?: Timing | undefined;
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined;
  /** Given what a heart needs to know; the caller beats from then on. Default: a thread of the worker's own. */
  readonly lendHeart?: ((heart: HeartMemory) => void) | undefined;
}

/** A log line must not grow with the number of tasks. */
const attemptsLoggedMax = 100;

/**
 * Starts a worker: it connects, and keeps reconnecting, to its ventilators, and runs the tasks that they hand out.
 *
 * Resolves when the handlers are checked and the sockets made; whether a ventilator is there is another matter.
 *
 * Errors: `TQ_ERR_NO_HANDLER`, `TQ_ERR_INVALID_HANDLER`, `TQ_ERR_DUPLICATE_HANDLER`, `TQ_ERR_INVALID_ENDPOINT`,
 * `TQ_ERR_INVALID_OPTION`.
 */
export async function startWorker(options: WorkerOptions, internals: WorkerInternals = {}): Promise<Worker> {
  checkWorkerTimes();
  const worker = new RunningWorker(checkOptions(options), {
    ...internals,
    log: options.log ?? createLogger("worker"),
  });
  try {
    await worker.connect();
  } catch (error) {
    await worker.close();
    throw error;
  }
  return worker;
}

class RunningWorker implements Worker {
  readonly name: string;
  readonly ventilators: readonly string[];
  readonly #slots: number;
  readonly #log: TqLogger;
  readonly #onEvent: WorkerInternals["onEvent"];
  readonly #transport: Transport;
  readonly #ownsTransport: boolean;
  readonly #driver: Driver;
  readonly #core: WorkerCore;
  readonly #executor: Executor;
  /** Missing where no thread can reach the ventilators: within one process the core's own heartbeats do. */
  readonly #table: HeartTable | undefined;
  readonly #closed = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<void>();
  /** Channels that outcomes leave by. */
  readonly #pipes = new Set<string>();
  readonly #lendHeart: WorkerInternals["lendHeart"];
  #heart: Heart | LentHeart | undefined;
  #isDraining = false;
  #closing: Promise<void> | undefined;

  constructor(options: CheckedOptions, internals: WorkerInternals & { log: TqLogger }) {
    const { name, ventilators, slots, handlers } = options;
    this.name = name;
    this.ventilators = ventilators;
    this.#slots = slots;
    this.#log = internals.log;
    this.#onEvent = internals.onEvent;
    this.#lendHeart = internals.lendHeart;
    this.#ownsTransport = internals.transport === undefined;
    this.#transport = internals.transport ?? createZeromqTransport({ onNobody: logNobody(this.#log) });
    const isRemote = ventilators.every((endpoint) => parseEndpoint(endpoint).kind !== "memory");
    const hasHeart = isRemote || this.#lendHeart !== undefined;
    this.#table = hasHeart ? new HeartTable({ ventilators: ventilators.length, slots }) : undefined;
    let core: WorkerCore | undefined;
    let executor: Executor | undefined;
    this.#driver = createDriver({
      transport: this.#transport,
      compression: options.compression,
      core: (driver) => {
        const timing = internals.timing ?? defaultTiming;
        const channels = ventilators.map((_, index) => channelOf(index));
        const now = () => driver.now();
        core = new WorkerCore({ ...options, now: now(), timing, ventilators: channels }, this.#port(driver));
        const touch = () => driver.touch();
        executor = new Executor({ core, handlers, log: this.#log, now, touch, started: this.#table });
        return this.#turns(core, executor, now);
      },
    });
    invariant(core !== undefined && executor !== undefined, "the driver makes its core at once");
    this.#core = core;
    this.#executor = executor;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** The heart first: the first task may block the loop, and a thread that is still starting says nothing for it. */
  async connect(): Promise<void> {
    if (this.#table !== undefined) await this.#startHeart(this.#table);
    for (const [index, endpoint] of this.ventilators.entries()) {
      this.#driver.connect(channelOf(index), endpoint);
    }
  }

  async #startHeart(table: HeartTable): Promise<void> {
    if (this.#lendHeart !== undefined) {
      this.#heart = markTurns(table);
      this.#lendHeart({ memory: table.memory, size: table.size });
      return;
    }
    const heart = new Heart({
      endpoints: this.ventilators,
      table,
      onFailure: (error) => this.#report({ type: "heart.failed", error: toRemoteError(error) }),
    });
    this.#heart = heart;
    await heart.beating;
  }

  stats(): WorkerStats {
    const compression = this.#driver.compressionStats();
    return { name: this.name, ...this.#core.stats(), slots: this.#slots, compression };
  }

  async drain(options?: DrainOptions): Promise<void> {
    const timeoutMs = readDrainTimeout(options);
    await notInsideACall;
    this.#isDraining = true;
    this.#core.drain();
    this.#driver.touch();
    const endsAt = this.#driver.now() + timeoutMs;
    const timer = setTimeout(() => this.#drained.resolve(), timeoutMs);
    await this.#drained.promise;
    clearTimeout(timer);
    if (this.#closing === undefined) await this.#emptyPipes(endsAt - this.#driver.now());
    await this.close();
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown().then(() => this.#closed.resolve());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  /** Outcomes that a sink has not read yet are nowhere else. */
  async #emptyPipes(lingerMs: number): Promise<void> {
    if (lingerMs <= linkLimits.lingerMs) return;
    const pipes = [...this.#pipes].map((channel) => this.#driver.disconnect(channel, { lingerMs }));
    await Promise.all(pipes);
  }

  async #shutDown(): Promise<void> {
    await notInsideACall;
    this.#drained.resolve();
    const reason = new TqError("TQ_ERR_CLOSED", "the worker closes");
    const left = this.#core.stop(this.#driver.now(), reason);
    if (left.length > 0) {
      const attempts = left.slice(0, attemptsLoggedMax);
      this.#report({ type: "attempts.left", count: left.length, attempts });
    }
    await Promise.all([this.#driver.close(), this.#heart?.close()]);
    if (this.#ownsTransport) await this.#transport.close();
  }

  /** The core's turns, with the handlers called in them. */
  #turns(core: WorkerCore, executor: Executor, now: () => number): Core {
    return {
      receive: (at, from, message) => core.receive(at, from, message),
      violation: (at, from, reason) => core.violation(at, from, reason),
      opened: (at, channel) => core.opened(at, channel),
      wake: (at, lateMs) => core.wake(at, lateMs),
      wakeAt: () => core.wakeAt(),
      flush: () => {
        executor.turn();
        core.flush(now());
        if (this.#isDraining && core.isEmpty) this.#drained.resolve();
      },
    };
  }

  #port(driver: Driver): WorkerPort {
    return {
      send: (channel, message) => driver.send(channel, undefined, message),
      connect: (channel, endpoint) => this.#connectTo(channel, () => driver.connect(channel, endpoint)),
      connectPull: (channel, { endpoint, ventilator }) =>
        this.#connectTo(channel, () => {
          driver.connectPull(channel, reachableEndpoint(endpoint, this.ventilators[ventilator] ?? ""));
        }),
      connectPush: (channel, { endpoint, via }) => {
        this.#pipes.add(channel);
        this.#connectTo(channel, () => driver.connectPush(channel, reachableEndpoint(endpoint, via)));
      },
      isWritable: (channel) => driver.isWritable(channel),
      pause: (channel) => driver.pause(channel),
      resume: (channel) => driver.resume(channel),
      disconnect: (channel) => {
        this.#pipes.delete(channel);
        void driver.disconnect(channel);
      },
      abort: (aborted) => this.#executor.abort(aborted),
      report: (event) => this.#report(event),
      drawBootId,
    };
  }

  /** A ventilator may have named what is no endpoint. That is its fault: then nobody answers there. */
  #connectTo(channel: string, connect: () => void): void {
    try {
      connect();
    } catch (error) {
      if (!isTqError(error, "TQ_ERR_INVALID_ENDPOINT")) throw error;
      this.#report({ type: "peer.violated", channel, reason: error.message, count: 1 });
    }
  }

  #report(event: WorkerEvent): void {
    logEvent(this.#log, event, this.ventilators);
    this.#onEvent?.(event);
    if (event.type === "ventilator.joined") this.#table?.setSession(event.ventilator, event);
    else if (event.type === "ventilator.lost") this.#table?.clearSession(event.ventilator);
    else if (event.type === "ventilator.refused") this.#refused(event);
    else if (event.type === "worker.drain-asked") void this.drain();
  }

  /** The core is in the midst of a message: closing waits until it is through. */
  #refused(refusal: { code: string; message: string; endpoint?: string | undefined }): void {
    queueMicrotask(() => {
      if (!this.#core.isRefused || this.#closing !== undefined) return;
      const { endpoint, message } = refusal;
      const code: TqErrorCode = isErrorCode(refusal.code) ? refusal.code : "TQ_ERR_PROTOCOL";
      this.#closed.reject(new TqError(code, message, { details: { endpoint } }));
      void this.close();
    });
  }
}

/** A listener of a signal that is just being aborted may ask for the end: the core has to be through with its message. */
const notInsideACall = Promise.resolve();

const channelOf = (index: number): string => `ventilator:${index}`;

const isErrorCode = (code: string): code is TqErrorCode => Object.hasOwn(errorCodes, code);
