/**
 * Ventilator, worker and sink in one process, over links in memory: the same cores, sessions and credit as between
 * machines, without sockets. For a first try, for one-process programs and for users' own tests.
 */
import type { AnyTask, Handler, TaskOutput } from "@tq/common";
import { checkKnownOptions } from "@tq/common/contract";
import { createLogger, type TqLogger } from "@tq/common/node";
import type { TaskSubmitter } from "@tq/common/submit";
import { createMemoryHub, type MemoryHub } from "@tq/common/transport";
import { type Results, type Sink, type SinkStats, startSink } from "@tq/sink";
import { startVentilator, type Ventilator, type VentilatorStats } from "@tq/ventilator";
import { startWorker, type Worker, type WorkerStats } from "@tq/worker";

export interface LocalOptions {
  /** What can be run. At least one. */
  readonly handlers: readonly Handler[];
  /** Tasks run at once. Default: the machine's parallelism. */
  readonly concurrency?: number | undefined;
  /** How it is shown in logs and results. Default `local`. */
  readonly name?: string | undefined;
  /** Default: JSON lines on stderr, warnings and worse. */
  readonly log?: TqLogger | undefined;
}

export interface LocalStats {
  readonly ventilator: VentilatorStats;
  readonly worker: WorkerStats;
  readonly sink: SinkStats;
}

/** A whole pipeline. `run` and `map` bring results back; what `submit` takes ends in `results`. */
export interface Local extends TaskSubmitter, AsyncDisposable {
  /** Results of submitted tasks of this definition. See `Sink.results`. */
  results<T extends AnyTask>(task: T): Results<TaskOutput<T>>;
  /** Results of all definitions that no other loop reads. */
  results(): Results<unknown>;
  stats(): LocalStats;
  /**
   * Takes nothing new and waits until everything is settled, at most `timeoutMs` (default 25,000). It does not wait for
   * results that no loop reads: in this process nobody else will.
   */
  drain(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
  /** Ends it at once; what is unsettled is lost. Harmless twice. */
  close(): Promise<void>;
}

const known: Record<keyof LocalOptions, true> = { handlers: true, concurrency: true, name: true, log: true };

/** While draining: how often it is looked whether only results without a reader are left. */
const unreadLookMs = 50;

const workersEndpoint = "memory:workers";
const sinkEndpoint = "memory:sink";

/**
 * Starts a pipeline in this process.
 *
 * Errors: `TQ_ERR_NO_HANDLER`, `TQ_ERR_INVALID_HANDLER`, `TQ_ERR_DUPLICATE_HANDLER`, `TQ_ERR_INVALID_OPTION`.
 */
export async function startLocal(options: LocalOptions): Promise<Local> {
  checkKnownOptions("startLocal", options, known);
  const hub = createMemoryHub();
  const name = options.name ?? "local";
  const log = options.log ?? createLogger(name, { level: "warn" });
  const worker = await startWorker(
    {
      ventilators: [workersEndpoint],
      handlers: options.handlers,
      concurrency: options.concurrency,
      name,
      log,
    },
    { transport: hub.transport() },
  );
  const sink = await startSink({ bind: sinkEndpoint, name, log }, { transport: hub.transport() });
  const ventilator = await startVentilator(
    { workers: workersEndpoint, sinks: [sinkEndpoint], name, log },
    { transport: hub.transport() },
  );
  return new RunningLocal({ hub, worker, sink, ventilator }).asLocal();
}

interface Roles {
  readonly hub: MemoryHub;
  readonly worker: Worker;
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
    const { ventilator, sink, worker } = this.#roles;
    return {
      submit: ventilator.submit,
      submitMany: ventilator.submitMany,
      run: ventilator.run,
      map: ventilator.map,
      mapSettled: ventilator.mapSettled,
      cancel: ventilator.cancel,
      results: sink.results.bind(sink),
      stats: () => ({ ventilator: ventilator.stats(), worker: worker.stats(), sink: sink.stats() }),
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
    await Promise.race([this.#roles.ventilator.drain(options), onlyUnreadLeft]);
    clearInterval(looks);
  }

  /** Every unsettled task is a result in the sink that no loop asks for. */
  #isOnlyUnreadLeft(): boolean {
    const { ventilator, sink } = this.#roles;
    let unread = 0;
    for (const { waiting, isRead } of sink.stats().definitions) if (!isRead) unread += waiting;
    return unread > 0 && ventilator.stats().unsettled === unread;
  }

  #close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const { ventilator, worker, sink } = this.#roles;
    await ventilator.close();
    await worker.close();
    await sink.close();
  }
}
