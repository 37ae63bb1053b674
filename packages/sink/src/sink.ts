/**
 * The sink as a process runs it: the core, joined to sockets, clock, log and the user's loops. It decides nothing.
 */
import { type AnyTask, type Result, type ResultIdentity, type TaskOutput, TqError } from "@tq/common";
import { invariant, isTask } from "@tq/common/contract";
import { EventHub, type EventsOptions, openEvents } from "@tq/common/event-stream";
import type { TqEvent } from "@tq/common/events";
import {
  createLogger,
  defaultName,
  drawBootId,
  drawFirstSession,
  logNobody,
  readDrainTimeout,
  type TqLogger,
} from "@tq/common/node";
import { defaultTiming, type Timing } from "@tq/common/protocol";
import {
  type CompressionStats,
  createDriver,
  createZeromqTransport,
  type Driver,
  type Transport,
} from "@tq/common/transport";
import { BatchLoop } from "./batch-loop.ts";
import { Claim } from "./claim.ts";
import type { InboxReader } from "./core/inbox-reader.ts";
import { SinkCore, type SinkCoreStats } from "./core/sink-core.ts";
import { logEvent, type SinkEvent } from "./log-event.ts";
import { checkOptions, limitsOf, type SinkOptions } from "./options.ts";
import { ResultLoop } from "./result-loop.ts";
import type { ResultRowsOptions } from "./result-rows.ts";
import { createMemoryStore } from "./store/memory-store.ts";
import type { ResultStore } from "./store/store.ts";

/** How long draining may take. */
export interface DrainOptions {
  /** How long loops have to take what is here. Default 25,000 ms. */
  readonly timeoutMs?: number | undefined;
}

/** Numbers of a sink: peers and results, now and since its start. */
export interface SinkStats extends SinkCoreStats {
  /** Outputs that could not be read here, or did not fit the loop's schema. */
  readonly lostOutputs: number;
  readonly compression: CompressionStats;
}

/**
 * Results to loop over, once at a time.
 *
 * A result is committed, that is final for everybody, when the loop asks for the next one. `break` or a throw leaves the
 * current one uncommitted; it is offered again, first, to the next loop. A loop ends when the sink closes.
 *
 * Results are the loop's own. Binaries of 32 KiB and more are not copied for it: what it wrote to them is there when one is offered
 * again.
 */
export interface Results<Output> extends AsyncIterable<Result<Output>> {
  /** The same, as many at a time as came together, committed together: for inserting them into something at once. */
  batches(): AsyncIterable<readonly Result<Output>[]>;
}

/** A running sink. */
export interface Sink extends AsyncDisposable {
  /** Resolved: a wildcard port is the one that was taken. */
  readonly endpoint: string;
  /** Where outcomes of the push lane arrive, resolved; absent without the option `push`. */
  readonly pushEndpoint: string | undefined;
  /** Where subscribers to its events connect, resolved; absent without the option `events`. */
  readonly eventsEndpoint: string | undefined;
  /** By which ventilators know it: with a store the same after every start, else drawn at this one. */
  readonly id: string;
  /**
   * The results of one definition: those with its name and contract id. Where either side has no contract id, the name
   * decides. Outputs are what the definition's schema makes of them. A completed result whose output does not fit it
   * comes as `failed`, with the code `TQ_ERR_INVALID_OUTPUT` in its error; for the ventilator it stays completed.
   *
   * Errors: `TQ_ERR_INVALID_TASK`, `TQ_ERR_CLOSED`; where the loop starts, `TQ_ERR_RESULTS_IN_USE`.
   */
  results<Task extends AnyTask>(task: Task): Results<TaskOutput<Task>>;
  /**
   * The results that no loop over a definition reads, outputs as they came, not checked. A loop over a definition that
   * starts later gets its results from the next batch on.
   *
   * Errors: `TQ_ERR_CLOSED`; where the loop starts, `TQ_ERR_RESULTS_IN_USE`.
   */
  results(): Results<unknown>;
  stats(): SinkStats;
  /**
   * What happens here, while a loop reads it: first a `snapshot` of how things stand, then each event. A loop that is too
   * slow is told how many it missed (`events.missed`). Ends when the sink closes; `break` ends it sooner.
   *
   * Errors: `TQ_ERR_INVALID_OPTION` for a prefix that no event begins with, `TQ_ERR_CLOSED`.
   */
  events(options?: EventsOptions): AsyncIterable<TqEvent>;
  /**
   * Takes nothing new, lets the loops take what is here, then closes. What is left when the time is over is logged, by id.
   * Outcomes of the push lane that are still in its pipe are lost: end the ventilators and workers first.
   *
   * Errors: `TQ_ERR_INVALID_OPTION`.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Ends all loops, says goodbye and frees the endpoint. What is not committed stays with its workers. Harmless twice. */
  close(): Promise<void>;
  /** Resolves once it is closed. */
  readonly closed: Promise<void>;
}

/** For the parts of tq itself: other carriers, clocks, stores. */
export interface SinkInternals {
  /** Not closed by the sink. */
  readonly transport?: Transport | undefined;
  readonly timing?: Timing | undefined;
  /** Default: in memory, for this start only. */
  readonly store?: ResultStore | undefined;
  readonly onEvent?: ((event: SinkEvent) => void) | undefined;
}

const channel = "sink";
const pushChannel = "push";

/**
 * Starts a sink that keeps results in memory until a loop has them.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`, `TQ_ERR_INSECURE_BIND`, `TQ_ERR_ADDRESS_IN_USE`,
 * `TQ_ERR_BIND_FAILED`.
 */
export async function startSink(options: SinkOptions, internals: SinkInternals = {}): Promise<Sink> {
  checkOptions(options);
  const sink = new RunningSink(options, internals);
  try {
    await sink.open(options);
  } catch (error) {
    await sink.close();
    throw error;
  }
  return sink;
}

class RunningSink implements Sink {
  readonly #transport: Transport;
  readonly #ownsTransport: boolean;
  readonly #store: ResultStore;
  readonly #log: TqLogger;
  readonly #onEvent: ((event: SinkEvent) => void) | undefined;
  readonly #driver: Driver;
  readonly #core: SinkCore;
  readonly #hub: EventHub;
  readonly #claims = new Map<InboxReader, Claim>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #endpoint = "";
  #pushEndpoint: string | undefined;
  #eventsEndpoint: string | undefined;
  #lostOutputs = 0;
  #failure: TqError | undefined;
  #isClosing = false;

  constructor(options: SinkOptions, internals: SinkInternals) {
    const bootId = drawBootId();
    this.#log = options.log ?? createLogger("sink");
    this.#ownsTransport = internals.transport === undefined;
    this.#transport = internals.transport ?? createZeromqTransport({ onNobody: logNobody(this.#log) });
    const name = options.name ?? defaultName();
    this.#hub = new EventHub({
      source: { role: "sink", name, bootId },
      state: () => this.#core.state(),
      watch: (types) => this.#core.watchTasks(types),
    });
    this.#store = internals.store ?? createMemoryStore(bootId);
    this.#onEvent = internals.onEvent;
    let core: SinkCore | undefined;
    this.#driver = createDriver({
      transport: this.#transport,
      insecure: options.insecure,
      compression: options.compression,
      core: (driver) => {
        core = new SinkCore({
          identity: {
            bootId,
            name,
            sinkId: this.#store.id,
            firstSession: drawFirstSession(),
          },
          timing: internals.timing ?? defaultTiming,
          limits: limitsOf(options),
          window: this.#store.restore(),
          port: {
            send: (route, message) => driver.send(channel, route, message),
            report: (event) => this.#report(event),
            reportTasks: (steps) => this.#hub.reportTasks(steps),
            offered: (reader) => this.#claims.get(reader)?.offered(),
            write: (number, change) => this.#store.write(number, change),
            holdPush: (isHeld) => (isHeld ? driver.pause(pushChannel) : driver.resume(pushChannel)),
            drained: () => this.#drained.resolve(),
          },
        });
        return core;
      },
    });
    invariant(core !== undefined, "the driver makes its core at once");
    this.#core = core;
    this.#store.listen({
      persisted: (through) => {
        this.#core.persisted(this.#driver.now(), through);
        this.#driver.touch();
      },
      full: (through) => {
        this.#core.storeFull(this.#driver.now(), through);
        this.#driver.touch();
      },
      failed: (error) => this.#fail(error),
    });
  }

  get endpoint(): string {
    return this.#endpoint;
  }

  get pushEndpoint(): string | undefined {
    return this.#pushEndpoint;
  }

  get eventsEndpoint(): string | undefined {
    return this.#eventsEndpoint;
  }

  get id(): string {
    return this.#store.id;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  async open(options: SinkOptions): Promise<void> {
    // First: whoever meets this sink is told of it.
    if (options.push !== undefined) {
      this.#pushEndpoint = await this.#driver.bindPull(pushChannel, options.push);
      this.#core.servePush(this.#pushEndpoint);
    }
    this.#endpoint = await this.#driver.bind(channel, options.bind);
    this.#eventsEndpoint = await openEvents(this.#hub, options, {
      transport: this.#transport,
      log: this.#log,
    });
  }

  results<Task extends AnyTask>(task?: Task): Results<TaskOutput<Task>> {
    this.#refuseIfClosed();
    if (task !== undefined && !isTask(task)) {
      throw new TqError("TQ_ERR_INVALID_TASK", "results() takes a definition made by defineTask, or nothing");
    }
    const options: ResultRowsOptions = {
      schema: task?.output,
      onLost: (result, error) => this.#lost(result, error),
    };
    const results: Results<unknown> = {
      [Symbol.asyncIterator]: () => new ResultLoop(this.#claim(task), options),
      batches: () => ({ [Symbol.asyncIterator]: () => new BatchLoop(this.#claim(task), options) }),
    };
    // The schema has made the outputs what the type says, or they have become failures.
    return results as Results<TaskOutput<Task>>;
  }

  stats(): SinkStats {
    const compression = this.#driver.compressionStats();
    return { ...this.#core.stats(), lostOutputs: this.#lostOutputs, compression };
  }

  events(options?: EventsOptions): AsyncIterable<TqEvent> {
    return this.#hub.events(options);
  }

  async drain(options?: DrainOptions): Promise<void> {
    const timeoutMs = readDrainTimeout(options);
    this.#core.drain();
    this.#driver.touch();
    const timer = setTimeout(() => this.#drained.resolve(), timeoutMs);
    await Promise.race([this.#drained.promise, this.#closed.promise]);
    clearTimeout(timer);
    await this.close();
  }

  close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#shutDown().then(this.#closed.resolve, this.#closed.reject);
    }
    return this.#closed.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  async #shutDown(): Promise<void> {
    // What loops have asked to commit is told before anything ends.
    this.#driver.flushNow();
    this.#core.close(this.#driver.now(), "the sink closes");
    for (const claim of this.#claims.values()) claim.end();
    await this.#driver.close();
    await this.#hub.close();
    if (this.#ownsTransport) await this.#transport.close();
    await this.#store.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** What was not written is told to nobody; its workers keep it. */
  #fail(error: TqError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#report({ type: "store.failed", code: error.code, message: error.message });
    this.close().catch(() => {});
  }

  #claim(task: AnyTask | undefined): Claim {
    this.#refuseIfClosed();
    const claim = new Claim({
      core: this.#core,
      driver: this.#driver,
      task,
      onEnd: ({ reader }) => this.#claims.delete(reader),
    });
    this.#claims.set(claim.reader, claim);
    return claim;
  }

  #refuseIfClosed(): void {
    if (this.#isClosing) throw new TqError("TQ_ERR_CLOSED", "this sink is closed");
  }

  #lost(result: ResultIdentity, error: TqError): void {
    this.#lostOutputs += 1;
    const count = this.#lostOutputs;
    if ((count & (count - 1)) !== 0) return;
    const { taskId, traceId, task } = result;
    const { code, message } = error;
    this.#report({ type: "output.lost", taskId, traceId, task, code, message, count });
  }

  #report(event: SinkEvent): void {
    logEvent(this.#log, event);
    this.#hub.report(event);
    this.#onEvent?.(event);
  }
}
