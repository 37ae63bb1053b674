/**
 * Ventilator, workers and sink in one process, over links in memory: the same cores, sessions and credit as between
 * machines, without sockets. For a first try, for one-process programs and for users' own tests.
 */
import type { AnyTask, TaskOutput } from "@tq/common";
import { type EventsOptions, mergeEvents } from "@tq/common/event-stream";
import type { TqEvent } from "@tq/common/events";
import { createLogger, type TqLogger } from "@tq/common/node";
import type { DeadLetterBox, TaskSubmitter } from "@tq/common/submit";
import { createMemoryHub, type MemoryHub } from "@tq/common/transport";
import { type Results, type Sink, type SinkStats, startSink } from "@tq/sink";
import { startVentilator, type Ventilator, type VentilatorStats } from "@tq/ventilator";
import { startWorker, type Worker, type WorkerStats } from "@tq/worker";
import { checkOptions, filesOf, type LocalOptions } from "./options.ts";
import { leastLevelOf } from "./threads/thread-log.ts";
import { ThreadWorker, type ThreadWorkerStats } from "./threads/thread-worker.ts";

/** The numbers of each of its roles. */
export interface LocalStats {
  readonly ventilator: VentilatorStats;
  /** In the order of their numbers. A worker on a thread is told as it was up to a tenth of a second ago. */
  readonly workers: readonly (WorkerStats | ThreadWorkerStats)[];
  readonly sink: SinkStats;
}

/** A whole pipeline. `run` and `map` bring results back; what `submit` takes ends in `results`. */
export interface Local extends TaskSubmitter, AsyncDisposable {
  /** Results of submitted tasks of this definition. See `Sink.results`. */
  results<T extends AnyTask>(task: T): Results<TaskOutput<T>>;
  /** Results of all definitions that no other loop reads. */
  results(): Results<unknown>;
  /**
   * What happens in its ventilator and its sink, while a loop reads it: first a `snapshot` of each. See `Ventilator.events`.
   *
   * Errors: `TQ_ERR_INVALID_OPTION` for a prefix that no event begins with, `TQ_ERR_CLOSED`.
   */
  events(options?: EventsOptions): AsyncIterable<TqEvent>;
  /** Tasks that failed for good. See `Ventilator.dead`. */
  readonly dead: DeadLetterBox;
  stats(): LocalStats;
  /**
   * Takes nothing new and waits until everything is settled, at most `timeoutMs` (default 25,000). It does not wait for
   * results that no loop reads: in this process nobody else will.
   *
   * Errors: `TQ_ERR_INVALID_OPTION`.
   */
  drain(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
  /** Ends it at once; what is unsettled is lost. Harmless twice. */
  close(): Promise<void>;
}

/** While draining: how often it is looked whether only results without a reader are left. */
const unreadLookMs = 50;

/**
 * Where all is settled, the workers may not have been told of it yet, and would warn of what they leave. It takes a turn of the
 * loop or two, unless a handler does not heed that its task was cancelled.
 */
const farewellMs = 1_000;

const workersEndpoint = "memory:workers";
const sinkEndpoint = "memory:sink";
const pushEndpoint = "memory:push";
const outcomesEndpoint = "memory:outcomes";

/**
 * Starts a pipeline in this process; its workers in this thread or, with `threads: true`, on threads of their own.
 *
 * Errors: `TQ_ERR_NO_HANDLER`, `TQ_ERR_INVALID_HANDLER`, `TQ_ERR_DUPLICATE_HANDLER`, `TQ_ERR_INVALID_OPTION`; with threads
 * also `TQ_ERR_WORKER_LOST` for a file that ends its thread while it is loaded.
 */
export async function startLocal(options: LocalOptions): Promise<Local> {
  checkOptions(options);
  const hub = createMemoryHub();
  const name = options.name ?? "local";
  const log = options.log ?? createLogger(name, { level: "warn" });
  const opened: Closing[] = [];
  const keep = <Role extends Closing>(role: Role): Role => {
    opened.push(role);
    return role;
  };
  try {
    const workers: LocalWorker[] = [];
    for (const starting of startWorkers(options, { hub, name, log })) workers.push(keep(starting));
    await Promise.all(workers.map(({ ready }) => ready));
    const sink = keep(
      await startSink(
        { bind: sinkEndpoint, push: outcomesEndpoint, name, log },
        { transport: hub.transport() },
      ),
    );
    const ventilator = keep(
      await startVentilator(
        {
          workers: workersEndpoint,
          sinks: [sinkEndpoint],
          push: pushEndpoint,
          name,
          log,
          payloadBytesMax: options.payloadBytesMax,
        },
        { transport: hub.transport() },
      ),
    );
    return new RunningLocal({ workers, sink, ventilator }).asLocal();
  } catch (error) {
    await Promise.all(opened.map((role) => role.close()));
    throw error;
  }
}

interface Closing {
  close(): Promise<void>;
}

/** A worker, wherever it runs. */
interface LocalWorker {
  /** Gives what it has this long to be finished and committed. */
  close(drainMs?: number): Promise<void>;
  readonly ready: Promise<void>;
  stats(): WorkerStats | ThreadWorkerStats | undefined;
}

interface Surroundings {
  readonly hub: MemoryHub;
  readonly name: string;
  readonly log: TqLogger;
}

function startWorkers(options: LocalOptions, { hub, name, log }: Surroundings): readonly LocalWorker[] {
  const { workers = 1, concurrency, payloadBytesMax } = options;
  const names = Array.from({ length: workers }, (_, index) =>
    workers === 1 ? name : `${name}/${index + 1}`,
  );
  const transport = () => hub.transport();
  if (options.threads === true) {
    const files = filesOf(options).map(String);
    const logLevel = leastLevelOf(log);
    return names.map((each) => {
      const limits = { concurrency, payloadBytesMax };
      const settings = { files, ventilator: workersEndpoint, name: each, logLevel, ...limits };
      return new ThreadWorker({ settings, transport, heapMb: options.threadHeapMb, log });
    });
  }
  const { handlers } = options;
  return names.map((each) => {
    const given = { ventilators: [workersEndpoint], handlers, concurrency, payloadBytesMax, name: each, log };
    return new LoopWorker(startWorker(given, { transport: transport() }));
  });
}

/** A worker in this thread. */
class LoopWorker implements LocalWorker {
  readonly ready: Promise<void>;
  #worker: Worker | undefined;

  constructor(starting: Promise<Worker>) {
    this.ready = starting.then((worker) => {
      this.#worker = worker;
    });
    // Of several that fail, the first speaks for all.
    this.ready.catch(() => {});
  }

  stats(): WorkerStats | undefined {
    return this.#worker?.stats();
  }

  async close(drainMs = 0): Promise<void> {
    await this.ready.catch(() => {});
    if (drainMs > 0) await this.#worker?.drain({ timeoutMs: drainMs });
    await this.#worker?.close();
  }
}

interface Roles {
  readonly workers: readonly LocalWorker[];
  readonly sink: Sink;
  readonly ventilator: Ventilator;
}

class RunningLocal {
  readonly #roles: Roles;
  #closing: Promise<void> | undefined;

  constructor(roles: Roles) {
    this.#roles = roles;
  }

  asLocal(): Local {
    const { ventilator, sink, workers } = this.#roles;
    return {
      submit: ventilator.submit,
      submitMany: ventilator.submitMany,
      run: ventilator.run,
      map: ventilator.map,
      mapSettled: ventilator.mapSettled,
      cancel: ventilator.cancel,
      dead: ventilator.dead,
      results: sink.results.bind(sink),
      events: (options) => mergeEvents([ventilator.events(options), sink.events(options)]),
      stats: () => ({
        ventilator: ventilator.stats(),
        workers: workers.flatMap((worker) => worker.stats() ?? []),
        sink: sink.stats(),
      }),
      drain: (options) => this.#drain(options),
      close: () => this.#close(),
      [Symbol.asyncDispose]: async () => {
        await this.#drain();
        await this.#close();
      },
    };
  }

  async #drain(options?: { readonly timeoutMs?: number | undefined }): Promise<void> {
    const { promise: onlyUnreadLeft, resolve } = Promise.withResolvers<void>();
    const looks = setInterval(() => {
      if (this.#isOnlyUnreadLeft()) resolve();
    }, unreadLookMs);
    try {
      await Promise.race([this.#roles.ventilator.drain(options), onlyUnreadLeft]);
    } finally {
      clearInterval(looks);
    }
  }

  /** Every unsettled task is a result in the sink that no loop asks for. */
  #isOnlyUnreadLeft(): boolean {
    const { ventilator, sink } = this.#roles;
    let unread = 0;
    for (const { waiting, waitingPushed, isRead } of sink.stats().definitions) {
      if (!isRead) unread += waiting - waitingPushed;
    }
    return unread > 0 && ventilator.stats().unsettled === unread;
  }

  #close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const { ventilator, workers, sink } = this.#roles;
    const isSettled = ventilator.stats().unsettled === 0;
    if (isSettled) await Promise.all(workers.map((worker) => worker.close(farewellMs)));
    await ventilator.close();
    await Promise.all(workers.map((worker) => worker.close()));
    await sink.close();
  }
}
