/** The producer as a process runs it: the core and the submitter, joined to sockets, clock and log. It decides nothing. */
import { TqError } from "@tq/common";
import { invariant } from "@tq/common/contract";
import {
  createLogger,
  defaultName,
  drawBootId,
  drawOrigin,
  logNobody,
  monotonicNow,
  readDrainTimeout,
  type TqLogger,
} from "@tq/common/node";
import { defaultTiming, type Timing } from "@tq/common/protocol";
import {
  createDeadLetterBox,
  createSubmitter,
  type DeadLetterBox,
  type DeadLetterSource,
  type Submission,
  type SubmitStats,
  type TaskSubmitter,
} from "@tq/common/submit";
import {
  type CompressionStats,
  type Core,
  createDriver,
  createZeromqTransport,
  type Driver,
  type NobodyThere,
  type Transport,
} from "@tq/common/transport";
import { mention, type ProducerEvent } from "./core/events.ts";
import { refusedBy, unreachableAt } from "./core/link-errors.ts";
import type { VentilatorLinkStats } from "./core/link-stats.ts";
import { ProducerCore } from "./core/producer-core.ts";
import { logEvent } from "./log-event.ts";
import { checkOptions, keptBytesDefault, type ProducerOptions, timeoutDefaultMs } from "./options.ts";

/** How long draining may take. */
export interface DrainOptions {
  /** How long to wait for what is not accepted or answered. Default 25,000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** Numbers of a producer's tasks, now and since its start, over all its ventilators and for each. */
export interface ProducerStats extends SubmitStats {
  readonly ventilators: readonly VentilatorLinkStats[];
  /** Payloads that are kept until their tasks are settled, in bytes. */
  readonly keptBytes: number;
  /** Tasks so far that were given to another ventilator, because theirs was gone or refused them. */
  readonly handedOn: number;
  readonly compression: CompressionStats;
}

/** Submits tasks to ventilators in other processes. */
export interface Producer extends TaskSubmitter, AsyncDisposable {
  readonly name: string;
  /** Whether at least one ventilator is in reach. */
  readonly connected: boolean;
  stats(): ProducerStats;
  /**
   * Tasks that failed for good, of all its ventilators, whoever submitted them, until they are retried or discarded. What is asked
   * of a ventilator out of reach is `TQ_ERR_UNREACHABLE`.
   */
  readonly dead: DeadLetterBox;
  /**
   * Takes nothing new and waits until all is accepted, by a ventilator that is still there, and answered, or the time is
   * over: what is left is logged, by id.
   *
   * Errors: `TQ_ERR_INVALID_OPTION`.
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Says goodbye; call `drain` first. Calls that wait are rejected with `TQ_ERR_CLOSED`, and a `submit` whose task was sent and is
   * not known to be accepted with `TQ_ERR_UNKNOWN_OUTCOME`. Harmless twice.
   */
  close(): Promise<void>;
  /** Resolves once it is closed. */
  readonly closed: Promise<void>;
}

/** For the parts of tq itself: other carriers, other clocks. */
export interface ProducerInternals {
  /** Not closed by the producer. */
  readonly transport?: Transport | undefined;
  readonly timing?: Timing | undefined;
  readonly onEvent?: ((event: ProducerEvent) => void) | undefined;
}

/**
 * Starts a producer. Resolves when the first ventilator has welcomed it.
 *
 * A ventilator that is away later is waited for: what it may not have is submitted again, with the same ids.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`; `TQ_ERR_UNREACHABLE` if none answers within `connectTimeoutMs`;
 * `TQ_ERR_WRONG_ENDPOINT`, which names the right one; `TQ_ERR_UNSUPPORTED_VERSION`.
 */
export async function startProducer(
  options: ProducerOptions,
  internals: ProducerInternals = {},
): Promise<Producer> {
  checkOptions(options);
  const producer = new RunningProducer(options, internals);
  try {
    await producer.connect();
  } catch (error) {
    await producer.close();
    throw error;
  }
  return producer.asProducer();
}

class RunningProducer {
  readonly #name: string;
  readonly #log: TqLogger;
  readonly #onEvent: ((event: ProducerEvent) => void) | undefined;
  readonly #transport: Transport;
  readonly #ownsTransport: boolean;
  readonly #driver: Driver;
  readonly #core: ProducerCore;
  readonly #submission: Submission;
  readonly #started = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #endpoints: readonly string[];
  readonly #timeoutMs: number;
  readonly #connectTimeoutMs: number;
  /** By endpoint: why nobody can be there. */
  readonly #reasons = new Map<string, string>();
  /** What the submitter wants to do before the core flushes. */
  #endOfTurn: (() => void)[] = [];
  #afterFlush: () => void = () => {};
  #closing: Promise<void> | undefined;

  constructor(options: ProducerOptions, internals: ProducerInternals) {
    const { timeoutMs = timeoutDefaultMs } = options;
    this.#endpoints = options.ventilators;
    this.#timeoutMs = timeoutMs;
    this.#connectTimeoutMs = Math.min(options.connectTimeoutMs ?? timeoutMs, timeoutMs);
    this.#name = options.name ?? defaultName();
    this.#log = options.log ?? createLogger("producer");
    this.#onEvent = internals.onEvent;
    this.#ownsTransport = internals.transport === undefined;
    this.#transport =
      internals.transport ?? createZeromqTransport({ onNobody: (nobody) => this.#sawNobody(nobody) });
    const ventilators = options.ventilators.map((endpoint, index) => ({
      channel: channelOf(index),
      endpoint,
      origins: { sink: drawOrigin(), answer: drawOrigin(), owner: endpoint },
    }));
    const timing = { ...(internals.timing ?? defaultTiming), unreachableAfterMs: timeoutMs };
    let core: ProducerCore | undefined;
    this.#submission = createSubmitter(
      {
        submit: (batch, owner = 0) => core?.submit(batch, owner),
        isInReach: (owner) => core?.isInReach(owner) ?? true,
        cancel: (ids) => core?.cancel(ids),
        answered: (ids) => core?.answered(ids),
      },
      {
        origins: ventilators.map(({ origins }) => origins),
        drawOrigin,
        now: monotonicNow,
        payloadBytesMax: options.payloadBytesMax,
        atEndOfTurn: (run) => {
          this.#endOfTurn.push(run);
          this.#driver.touch();
        },
      },
    );
    this.#driver = createDriver({
      transport: this.#transport,
      compression: options.compression,
      core: (driver) => {
        core = new ProducerCore({
          now: driver.now(),
          timing,
          name: this.#name,
          ventilators,
          limits: { keptBytesMax: options.keptBytesMax ?? keptBytesDefault },
          port: {
            send: (channel, message) => driver.send(channel, undefined, message),
            events: this.#submission.events,
            report: (event) => this.#report(event),
            drawBootId,
          },
        });
        return this.#withEndOfTurn(core);
      },
    });
    invariant(core !== undefined, "a driver makes its core at once");
    this.#core = core;
  }

  /** Resolves with the first that is there; rejects with the first that refuses, or when all are out of reach. */
  async connect(): Promise<void> {
    for (const [index, endpoint] of this.#endpoints.entries())
      this.#driver.connect(channelOf(index), endpoint);
    // Otherwise the core says so, by the same time.
    const isSooner = this.#connectTimeoutMs < this.#timeoutMs;
    const giveUp = () => this.#rejectStart(this.#connectTimeoutMs);
    const timer = isSooner ? setTimeout(giveUp, this.#connectTimeoutMs) : undefined;
    try {
      await this.#started.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  asProducer(): Producer {
    const { submitter } = this.#submission;
    const isConnected = () => this.#isConnected;
    return {
      submit: submitter.submit.bind(submitter),
      submitMany: submitter.submitMany.bind(submitter),
      run: submitter.run.bind(submitter),
      map: submitter.map.bind(submitter),
      mapSettled: submitter.mapSettled.bind(submitter),
      cancel: submitter.cancel.bind(submitter),
      dead: createDeadLetterBox(this.#endpoints.map((ventilator, owner) => this.#source(ventilator, owner))),
      name: this.#name,
      get connected() {
        return isConnected();
      },
      stats: () => ({
        ...this.#submission.stats(),
        ventilators: this.#core.stats(),
        keptBytes: this.#core.keptBytes,
        handedOn: this.#core.handedOn,
        compression: this.#driver.compressionStats(),
      }),
      drain: (options) => this.#drain(options),
      close: () => this.close(),
      closed: this.#closed.promise,
      [Symbol.asyncDispose]: async () => {
        await this.#drain();
        await this.close();
      },
    };
  }

  #source(ventilator: string, owner: number): DeadLetterSource {
    return {
      ventilator,
      // Whoever is closed is asked, too: to say so, where nobody in reach would look like nothing there.
      isInReach: () => this.#closing !== undefined || this.#core.stats()[owner]?.state === "open",
      ask: (question, reply) => {
        if (this.#closing !== undefined) {
          const { code, message } = this.#closedError();
          return reply({ ok: false, code, message });
        }
        this.#core.ask(owner, question, reply);
        this.#driver.touch();
      },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #isConnected(): boolean {
    return this.#core.stats().some(({ state }) => state === "open");
  }

  async #drain(options?: DrainOptions): Promise<void> {
    const timeoutMs = readDrainTimeout(options);
    if (this.#closing !== undefined) return;
    this.#submission.stop();
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([timeout, this.#submission.idle().then(() => this.#allAccepted())]);
    clearTimeout(timer);
    this.#reportLeft("drain.left");
  }

  /** Also what was accepted and is just being given to another ventilator: whoever closes now would take it along. */
  #allAccepted(): Promise<void> {
    return new Promise((resolve) => {
      this.#afterFlush = () => {
        if (this.#core.adrift > 0) return;
        this.#afterFlush = () => {};
        resolve();
      };
      this.#driver.touch();
    });
  }

  async #close(): Promise<void> {
    this.#reportLeft("close.left");
    this.#submission.events.closed(this.#closedError(), { isInDoubt: true });
    // Cancellations and acknowledgements of this turn are the last words.
    this.#driver.flushNow();
    this.#core.close("closed");
    await this.#driver.close();
    if (this.#ownsTransport) await this.#transport.close();
    this.#closed.resolve();
  }

  #closedError(): TqError {
    return new TqError("TQ_ERR_CLOSED", `producer ${this.#name} was closed`);
  }

  #reportLeft(event: "drain.left" | "close.left"): void {
    const left = mention(this.#submission.waiting());
    const { queued } = this.#submission.stats();
    const { adrift } = this.#core;
    if (left.count === 0 && queued === 0 && adrift === 0) return;
    const lost = `${adrift} tasks that a ventilator had accepted are known to none that is there`;
    const message = `${left.count} tasks are neither accepted nor answered, and ${queued} never left`;
    this.#log.warn({ event, queued, adrift, ...left }, adrift === 0 ? message : `${message}; ${lost}`);
  }

  /** The core, with the submitter's batches handed over before each flush. */
  #withEndOfTurn(core: ProducerCore): Core {
    return {
      receive: core.receive.bind(core),
      violation: core.violation.bind(core),
      opened: core.opened.bind(core),
      wake: core.wake.bind(core),
      wakeAt: core.wakeAt.bind(core),
      flush: (now) => {
        const due = this.#endOfTurn;
        this.#endOfTurn = [];
        for (const run of due) run();
        core.flush(now);
        this.#afterFlush();
      },
    };
  }

  #sawNobody(nobody: NobodyThere): void {
    logNobody(this.#log)(nobody);
    this.#reasons.set(nobody.endpoint, nobody.message);
  }

  #report(event: ProducerEvent): void {
    logEvent(this.#log, event);
    this.#onEvent?.(event);
    if (event.type === "ventilator.joined") this.#started.resolve();
    if (event.type === "ventilator.refused") {
      this.#started.reject(refusedBy(event.endpoint, { ...event, endpoint: event.rightEndpoint }));
    }
    // All links count from the same start, so the first that gives up speaks for the others.
    if (event.type === "ventilator.unreachable") this.#rejectStart(this.#timeoutMs);
  }

  #rejectStart(afterMs: number): void {
    this.#started.reject(unreachableAt(this.#endpoints, afterMs, [...this.#reasons.values()]));
  }
}

function channelOf(index: number): string {
  return `ventilator:${index}`;
}
