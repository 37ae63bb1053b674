/**
 * The ventilator as a process runs it: the core, joined to sockets, clock, randomness and log. It decides nothing.
 */
import { TqError } from "@tq/common";
import { EventHub, openEvents } from "@tq/common/event-stream";
import {
  createLogger,
  defaultName,
  drawBootId,
  drawFirstSession,
  drawOrigin,
  logNobody,
  monotonicNow,
  readDrainTimeout,
  type TqLogger,
} from "@tq/common/node";
import { defaultTiming, type QuestionReply, type SubmitPort, type Timing } from "@tq/common/protocol";
import type { StorageFaults } from "@tq/common/sqlite";
import { createDeadLetterBox, createSubmitter, type Submission } from "@tq/common/submit";
import { createDriver, createZeromqTransport, type Driver, type Transport } from "@tq/common/transport";
import type { ControlCommand } from "@tq/common/wire";
import { checkVentilatorTimes } from "./check-times.ts";
import { type ControlOptions, checkControl } from "./control.ts";
import type { ControlReport } from "./core/controls.ts";
import type { VentilatorEvent } from "./core/events.ts";
import { VentilatorCore } from "./core/ventilator-core.ts";
import { EventLog } from "./event-log.ts";
import { Journal, type OpenJournal } from "./journal/journal.ts";
import type { JournalOptions } from "./journal/journal-options.ts";
import { checkOptions, limitsOf, type VentilatorOptions } from "./options.ts";
import type { DrainOptions, Endpoints, Ventilator } from "./ventilator-interface.ts";

/** For the parts of tq itself: other carriers, other clocks. */
export interface VentilatorInternals {
  /** Not closed by the ventilator. */
  readonly transport?: Transport | undefined;
  readonly timing?: Timing | undefined;
  readonly onEvent?: ((event: VentilatorEvent) => void) | undefined;
  /** Of the journal's disk. */
  readonly faults?: StorageFaults | undefined;
}

/** Ids of unsettled tasks that a log line names. */
const idsLogged = 20;

/**
 * Starts a ventilator.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`, `TQ_ERR_INSECURE_BIND`, `TQ_ERR_ADDRESS_IN_USE`,
 * `TQ_ERR_BIND_FAILED`; with a journal `TQ_ERR_STORAGE_LOCKED`, `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_CORRUPT`,
 * `TQ_ERR_STORAGE_FULL`, `TQ_ERR_STORAGE_FAILED`.
 */
export async function startVentilator(
  options: VentilatorOptions,
  internals: VentilatorInternals = {},
): Promise<Ventilator> {
  checkVentilatorTimes();
  checkOptions(options);
  const journal = options.journal && (await openJournal(options.journal, internals.faults));
  const ventilator = new RunningVentilator(options, internals, journal);
  try {
    await ventilator.open(options);
  } catch (error) {
    await ventilator.close();
    throw error;
  }
  return ventilator.asVentilator();
}

async function openJournal(options: JournalOptions, faults: StorageFaults | undefined): Promise<OpenJournal> {
  return await Journal.open(options, { monotonicNow, faults });
}

class RunningVentilator {
  readonly #name: string;
  readonly #log: TqLogger;
  readonly #transport: Transport;
  readonly #ownsTransport: boolean;
  readonly #driver: Driver;
  readonly #core: VentilatorCore;
  readonly #hub: EventHub;
  readonly #bootId = drawBootId();
  readonly #submission: Submission;
  readonly #journal: Journal | undefined;
  readonly #report: (event: VentilatorEvent) => void;
  /** What the submitter wants to do before the core flushes. */
  #endOfTurn: (() => void)[] = [];
  /** Called when nothing is unsettled. */
  #idleWaiters: (() => void)[] = [];
  #endpoints: Endpoints = { workers: "" };
  #closing: Promise<void> | undefined;
  /** Of the journal. */
  #failure: TqError | undefined;
  readonly #closed = Promise.withResolvers<void>();

  constructor(options: VentilatorOptions, internals: VentilatorInternals, journal: OpenJournal | undefined) {
    this.#name = options.name ?? defaultName();
    this.#log = options.log ?? createLogger("ventilator");
    this.#ownsTransport = internals.transport === undefined;
    this.#transport = internals.transport ?? createZeromqTransport({ onNobody: logNobody(this.#log) });
    const eventLog = new EventLog(this.#log, monotonicNow);
    this.#hub = new EventHub({
      source: { role: "ventilator", name: this.#name, bootId: this.#bootId },
      state: () => this.#core.state(),
      watch: (types) => this.#core.watchTasks(types),
    });
    this.#report = (event) => {
      eventLog.write(event);
      this.#hub.report(event);
      internals.onEvent?.(event);
    };
    let core: VentilatorCore | undefined;
    this.#driver = createDriver({
      transport: this.#transport,
      insecure: options.insecure,
      compression: options.compression,
      core: (driver) => {
        core = this.#createCore(driver, { options, timing: internals.timing ?? defaultTiming, journal });
        return this.#withEndOfTurn(core);
      },
    });
    if (core === undefined) throw new TqError("TQ_ERR_INTERNAL", "the driver makes its core at once");
    this.#core = core;
    this.#submission = this.#createSubmission(core, options.payloadBytesMax);
    this.#closed.promise.catch(() => {});
    this.#journal = journal?.journal;
    this.#journal?.listen({
      written: (number) => this.#tellCore((now) => this.#core.journaled(now, number)),
      full: (number) => this.#tellCore((now) => this.#core.journalFull(now, number)),
      failed: (error) => this.#fail(error),
    });
    if (journal !== undefined) this.#sayJournal(journal.journal);
  }

  /** Binds first: a sink is told the endpoints, with wildcards resolved, so that it can show strangers the way. */
  async open(options: VentilatorOptions): Promise<void> {
    const { workers, producers, push, sinks = [] } = options;
    // Before the first worker can ask for it.
    if (push !== undefined) this.#endpoints.push = await this.#driver.bindPush("push", push);
    this.#core.setEndpoints({ ...this.#endpoints });
    this.#endpoints.workers = await this.#driver.bind("workers", workers);
    if (producers !== undefined) this.#endpoints.producers = await this.#driver.bind("producers", producers);
    this.#core.setEndpoints({ ...this.#endpoints });
    const events = await openEvents(this.#hub, options, {
      transport: this.#transport,
      log: this.#log,
    });
    if (events !== undefined) this.#endpoints.events = events;
    for (const [index, endpoint] of sinks.entries()) this.#driver.connect(`sink:${index}`, endpoint);
  }

  asVentilator(): Ventilator {
    const { submitter } = this.#submission;
    return {
      submit: submitter.submit.bind(submitter),
      submitMany: submitter.submitMany.bind(submitter),
      run: submitter.run.bind(submitter),
      map: submitter.map.bind(submitter),
      mapSettled: submitter.mapSettled.bind(submitter),
      cancel: submitter.cancel.bind(submitter),
      name: this.#name,
      endpoints: this.#endpoints,
      stats: () => ({ ...this.#core.stats(), compression: this.#driver.compressionStats() }),
      events: (options) => this.#hub.events(options),
      dead: createDeadLetterBox([
        { ventilator: this.#name, isInReach: () => true, ask: this.#ask.bind(this) },
      ]),
      control: (command, options) => this.#control(command, options),
      drain: (options) => this.#drain(options),
      close: () => this.close(),
      closed: this.#closed.promise,
      [Symbol.asyncDispose]: async () => {
        await this.#drain();
        await this.close();
      },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #ask(
    question: { readonly method: string; readonly params: unknown },
    reply: (reply: QuestionReply) => void,
  ): void {
    if (this.#closing !== undefined) {
      const { code, message } = this.#closedError();
      return reply({ ok: false, code, message });
    }
    this.#core.ask(this.#driver.now(), question, reply);
    this.#driver.touch();
  }

  async #control(command: ControlCommand, options: ControlOptions = {}): Promise<ControlReport> {
    const request = checkControl(command, options);
    if (this.#closing !== undefined) throw this.#closedError();
    const { promise, resolve } = Promise.withResolvers<ControlReport>();
    this.#core.control(this.#driver.now(), request, resolve);
    this.#driver.touch();
    return await promise;
  }

  async #drain(options?: DrainOptions): Promise<void> {
    const timeoutMs = readDrainTimeout(options);
    if (this.#closing !== undefined) return;
    this.#submission.stop();
    this.#core.drain();
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    const settled = this.#submission.idle().then(() => this.#idle());
    await Promise.race([timeout, settled, this.#closed.promise]).finally(() => clearTimeout(timer));
    if (this.#closing !== undefined) return;
    const left = this.#core.left(idsLogged);
    if (left.count === 0) return;
    const where = this.#journal === undefined ? "" : "; those that go to a sink are in the journal";
    this.#log.warn({ event: "drain.left", ...left }, `${left.count} tasks are not settled${where}`);
  }

  #idle(): Promise<void> {
    if (this.#core.isIdle) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idleWaiters.push(resolve);
    return promise;
  }

  async #close(): Promise<void> {
    this.#submission.stop();
    this.#core.close(this.#driver.now(), this.#failure ?? this.#closedError());
    await this.#driver.close();
    // What became final in the last turn, too.
    await this.#journal?.close();
    await this.#hub.close();
    if (this.#ownsTransport) await this.#transport.close();
    if (this.#failure === undefined) this.#closed.resolve();
    else this.#closed.reject(this.#failure);
  }

  #sayJournal({ file, epoch, wasClosed }: Journal): void {
    const { unsettled } = this.#core.stats();
    const end = wasClosed ? "" : "; it was not closed in order, and is whole";
    this.#log.info(
      { event: "journal.opened", file, epoch, unsettled, wasClosed },
      `the journal ${file} is open: ${unsettled} tasks to go on with${end}`,
    );
  }

  #tellCore(tell: (now: number) => void): void {
    if (this.#closing !== undefined) return;
    tell(this.#driver.now());
    this.#driver.touch();
  }

  /** Nobody knows what the disk holds: what was told of it may be wrong, so nothing more is said, not even goodbye. */
  #fail(error: TqError): void {
    this.#failure = error;
    this.#report({ type: "journal.failed", code: error.code, message: error.message });
    void this.close();
  }

  #closedError(): TqError {
    return new TqError("TQ_ERR_CLOSED", `ventilator ${this.#name} was closed`);
  }

  #createCore(
    driver: Driver,
    made: { options: VentilatorOptions; timing: Timing; journal: OpenJournal | undefined },
  ): VentilatorCore {
    const { journal, contents } = made.journal ?? {};
    return new VentilatorCore({
      now: driver.now(),
      // Without a journal, the time of the start stands for its number: later starts have higher ones.
      identity: { bootId: this.#bootId, name: this.#name, epoch: journal?.epoch ?? Date.now() },
      firstSession: drawFirstSession(),
      timing: made.timing,
      limits: limitsOf(made.options),
      sinks: made.options.sinks ?? [],
      journal: contents,
      port: {
        send: (channel, route, message) => {
          if (this.#failure === undefined) driver.send(channel, route, message);
        },
        isWritable: (channel) => driver.isWritable(channel),
        report: this.#report,
        reportTasks: (steps) => this.#hub.reportTasks(steps),
        random: Math.random,
        drawBootId,
        journal,
      },
    });
  }

  /** The core, with the submitter's batches handed over before each flush and the waiters told after it. */
  #withEndOfTurn(core: VentilatorCore) {
    return {
      receive: core.receive.bind(core),
      violation: core.violation.bind(core),
      opened: core.opened.bind(core),
      drained: core.drained.bind(core),
      wake: core.wake.bind(core),
      wakeAt: core.wakeAt.bind(core),
      flush: (now: number) => {
        const tasks = this.#endOfTurn;
        this.#endOfTurn = [];
        for (const run of tasks) run();
        core.flush(now);
        if (!core.isIdle || this.#idleWaiters.length === 0) return;
        for (const resolve of this.#idleWaiters) resolve();
        this.#idleWaiters = [];
      },
    };
  }

  #createSubmission(core: VentilatorCore, payloadBytesMax: number | undefined): Submission {
    let owner: SubmitPort | undefined;
    const submission = createSubmitter(
      {
        submit: (batch) => owner?.submit(batch),
        cancel: (ids) => owner?.cancel(ids),
        answered: (ids) => owner?.answered(ids),
      },
      {
        origins: { sink: drawOrigin(), answer: drawOrigin() },
        drawOrigin,
        now: monotonicNow,
        payloadBytesMax,
        atEndOfTurn: (run) => {
          this.#endOfTurn.push(run);
          this.#driver.touch();
        },
      },
    );
    owner = core.attach(submission.events, () => this.#driver.now());
    return submission;
  }
}
