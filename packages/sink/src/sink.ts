/**
 * The sink as a process runs it: the core, joined to sockets, clock, log and the user's loops. It decides nothing.
 */
import { type AnyTask, type ResultIdentity, type TaskOutput, TqError } from "@tq/common";
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
import type { StorageFaults } from "@tq/common/sqlite";
import { createDriver, createZeromqTransport, type Driver, type Transport } from "@tq/common/transport";
import { BatchLoop } from "./batch-loop.ts";
import { checkSinkTimes } from "./check-times.ts";
import { Claim } from "./claim.ts";
import type { InboxReader } from "./core/inbox-reader.ts";
import { SinkCore } from "./core/sink-core.ts";
import { logEvent, type SinkEvent } from "./log-event.ts";
import { checkOptions, limitsOf, type SinkOptions } from "./options.ts";
import { ResultLoop } from "./result-loop.ts";
import type { ResultRowsOptions } from "./result-rows.ts";
import type { Portion, ResultSource } from "./result-source.ts";
import type {
  DrainOptions,
  ResultCursor,
  Results,
  ResultsOptions,
  Sink,
  SinkStats,
} from "./sink-interface.ts";
import { createMemoryStore } from "./store/memory-store.ts";
import { SqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { ResultStore } from "./store/store.ts";
import { StoreCursorReader } from "./store-cursor-reader.ts";
import { StoreReaders } from "./store-readers.ts";

/** For the parts of tq itself: other carriers, clocks, stores. */
export interface SinkInternals {
  /** Not closed by the sink. */
  readonly transport?: Transport | undefined;
  readonly timing?: Timing | undefined;
  /** Default: in memory, for this start only. */
  readonly store?: ResultStore | undefined;
  /** Of the disk of the option `store`. */
  readonly faults?: StorageFaults | undefined;
  readonly onEvent?: ((event: SinkEvent) => void) | undefined;
}

const channel = "sink";
const pushChannel = "push";

/**
 * Starts a sink. Without the option `store` it keeps results in memory until a loop has them.
 *
 * Errors: `TQ_ERR_INVALID_OPTION`, `TQ_ERR_INVALID_ENDPOINT`, `TQ_ERR_INSECURE_BIND`, `TQ_ERR_ADDRESS_IN_USE`,
 * `TQ_ERR_BIND_FAILED`; of the store: `TQ_ERR_STORAGE_LOCKED`, `TQ_ERR_STORAGE_VERSION`, `TQ_ERR_STORAGE_CORRUPT`,
 * `TQ_ERR_STORAGE_FULL`, `TQ_ERR_STORAGE_FAILED`.
 */
export async function startSink(options: SinkOptions, internals: SinkInternals = {}): Promise<Sink> {
  checkSinkTimes();
  checkOptions(options);
  const bootId = drawBootId();
  const { faults } = internals;
  const store =
    internals.store ??
    (options.store === undefined
      ? createMemoryStore(bootId)
      : await SqliteStore.open({ ...options.store, faults }));
  const sink = new RunningSink(options, { ...internals, store, bootId });
  try {
    await sink.open(options);
  } catch (error) {
    await sink.close();
    throw error;
  }
  return sink;
}

/** The consumer of a loop that names none. */
const defaultConsumer = "main";
const consumerCharsMax = 4_096;

const invalidConsumer = (message: string): TqError =>
  new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "consumer" } });

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
  /** Of loops over a store. */
  readonly #readers: StoreReaders | undefined;
  readonly #drained = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #endpoint = "";
  #pushEndpoint: string | undefined;
  #eventsEndpoint: string | undefined;
  #lostOutputs = 0;
  #failure: TqError | undefined;
  #isClosing = false;

  constructor(options: SinkOptions, internals: SinkInternals & { store: ResultStore; bootId: string }) {
    const { bootId, store } = internals;
    this.#log = options.log ?? createLogger("sink");
    this.#ownsTransport = internals.transport === undefined;
    this.#transport = internals.transport ?? createZeromqTransport({ onNobody: logNobody(this.#log) });
    const name = options.name ?? defaultName();
    this.#hub = new EventHub({
      source: { role: "sink", name, bootId },
      state: () => this.#core.state(),
      watch: (types) => this.#core.watchTasks(types),
    });
    this.#store = store;
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
          window: store.restore(),
          commitsOnArrival: store instanceof SqliteStore,
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
    this.#readers =
      store instanceof SqliteStore ? new StoreReaders(store, () => this.#driver.now()) : undefined;
    this.#store.listen({
      persisted: (through) => {
        this.#core.persisted(this.#driver.now(), through);
        this.#readers?.offered();
        this.#driver.touch();
      },
      full: (through) => {
        this.#core.storeFull(this.#driver.now(), through);
        this.#driver.touch();
      },
      expiredUnread: (unread) => this.#report({ type: "results.expired", ...unread }),
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
    this.#readers?.beginExpiry();
  }

  results<Task extends AnyTask>(task?: Task, { consumer }: ResultsOptions = {}): Results<TaskOutput<Task>> {
    this.#refuseIfClosed();
    if (task !== undefined && !isTask(task)) {
      throw new TqError("TQ_ERR_INVALID_TASK", "results() takes a definition made by defineTask, or nothing");
    }
    if (consumer !== undefined) this.#checkConsumer(consumer);
    const options: ResultRowsOptions = {
      schema: task?.output,
      onLost: (result, error) => this.#lost(result, error),
    };
    const loops = <P extends Portion>(claim: () => ResultSource<P>): Results<unknown> => ({
      [Symbol.asyncIterator]: () => new ResultLoop(claim(), options),
      batches: () => ({ [Symbol.asyncIterator]: () => new BatchLoop(claim(), options) }),
    });
    const readers = this.#readers;
    const results =
      readers === undefined
        ? loops(() => this.#claim(task))
        : loops(() => {
            this.#refuseIfClosed();
            return readers.claim(consumer ?? defaultConsumer, task);
          });
    // The schema has made the outputs what the type says, or they have become failures.
    return results as Results<TaskOutput<Task>>;
  }

  cursor(consumer: string): ResultCursor {
    this.#refuseIfClosed();
    const claim = this.#checkConsumer(consumer).claim(consumer, undefined, { holds: true });
    return new StoreCursorReader(claim, {
      schema: undefined,
      onLost: (result, error) => this.#lost(result, error),
    });
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
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => late.resolve(), timeoutMs);
    const drained = this.#drained.promise.then(() => this.#readers?.allIdle());
    await Promise.race([drained, late.promise, this.#closed.promise]);
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
    this.#readers?.end();
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

  #checkConsumer(consumer: unknown): StoreReaders {
    if (this.#readers === undefined) throw invalidConsumer("a consumer needs the option store of startSink");
    if (typeof consumer === "string" && consumer.length >= 1 && consumer.length <= consumerCharsMax)
      return this.#readers;
    throw invalidConsumer(`consumer is a text of 1 to ${consumerCharsMax} characters`);
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
