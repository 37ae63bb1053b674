/**
 * The workers of `tq dev`, in generations: when files change, the next generation loads them beside the present one, and
 * takes over once it has. An edit that does not load is said; the workers before it go on, and the next save is tried.
 */
import { relative, resolve } from "node:path";
import { isTqError } from "@tq/common";
import type { TqLogger } from "@tq/common/node";
import type { LoadedTask, WorkerSettings } from "../worker/worker-messages.ts";
import { WorkerPool } from "../worker/worker-pool.ts";
import { lookAtNow } from "./file-state.ts";
import { FileWatch } from "./file-watch.ts";

/** What old code is given to finish. What runs longer is given back, and runs again with the new code. */
const finishMs = 2_000;

export interface DevWorkersOptions {
  readonly count: number;
  readonly settings: WorkerSettings;
  readonly log: TqLogger;
  /** Each time a generation has taken over. */
  readonly onTasks: (tasks: readonly LoadedTask[]) => void;
}

export class DevWorkers {
  readonly #options: DevWorkersOptions;
  readonly #watch: FileWatch;
  readonly #files: readonly string[];
  /** All that have processes. */
  readonly #pools = new Set<WorkerPool>();
  #current: WorkerPool | undefined;
  #next: WorkerPool | undefined;
  #isStopping = false;

  constructor(options: DevWorkersOptions) {
    this.#options = options;
    this.#files = options.settings.files.map((file) => resolve(file));
    this.#watch = new FileWatch({ onChange: (paths) => this.#changed(paths) });
  }

  /**
   * Resolves when the first generation works, or with false when it was told to end before that. Rejects if its handlers
   * cannot be loaded.
   */
  async start(): Promise<boolean> {
    const pool = this.#startPool();
    await Promise.race([pool.ready, pool.ended]);
    if (this.#isStopping) return false;
    const { tasks } = await pool.ready;
    this.#current = pool;
    this.#options.onTasks(tasks);
    this.#watch.end(this.#files);
    this.#watch.start();
    return true;
  }

  async drain({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    this.#isStopping = true;
    this.#watch[Symbol.dispose]();
    await Promise.all([...this.#pools].map((pool) => pool.drain({ timeoutMs })));
  }

  /** At once: for a process that ends itself. */
  kill(): void {
    for (const pool of this.#pools) pool.kill();
  }

  #startPool(): WorkerPool {
    const { count, settings, log } = this.#options;
    this.#watch.begin();
    for (const path of this.#files) this.#watch.add({ path, state: lookAtNow(path) });
    const pool = new WorkerPool(count, settings, {
      log,
      onLoaded: (files) => {
        // What an older generation still loads is of no interest; it is about to end.
        if (pool === (this.#next ?? this.#current ?? pool)) for (const file of files) this.#watch.add(file);
      },
    });
    this.#pools.add(pool);
    pool.ended.catch((error: unknown) => {
      if (pool === this.#current && !this.#isStopping)
        log.error({ err: error }, `the workers have ended: ${messageOf(error)}; save a file to start others`);
    });
    return pool;
  }

  #changed(paths: readonly string[]): void {
    const { log } = this.#options;
    const names = paths.map((path) => relative(process.cwd(), path));
    log.info({ event: "dev.changed" }, `changed: ${names.join(", ")}`);
    const overtaken = this.#next;
    const pool = this.#startPool();
    this.#next = pool;
    if (overtaken !== undefined) void this.#end(overtaken, 0);
    const startedAt = performance.now();
    pool.ready.then(
      ({ tasks }) => this.#takeOver(pool, { tasks, startedAt }),
      (error: unknown) => this.#refuse(pool, error),
    );
  }

  async #takeOver(
    pool: WorkerPool,
    { tasks, startedAt }: { tasks: readonly LoadedTask[]; startedAt: number },
  ): Promise<void> {
    if (this.#next !== pool || this.#isStopping) return;
    const old = this.#current;
    this.#current = pool;
    this.#next = undefined;
    this.#watch.end(this.#files);
    if (old !== undefined) await this.#end(old, finishMs);
    const ms = Math.round(performance.now() - startedAt);
    this.#options.log.info({ event: "dev.reloaded", ms }, `the new code runs (${ms} ms)`);
    this.#options.onTasks(tasks);
  }

  #refuse(pool: WorkerPool, error: unknown): void {
    if (this.#next !== pool || this.#isStopping) return;
    this.#next = undefined;
    const code = isTqError(error) ? error.code : "TQ_ERR_INTERNAL";
    this.#options.log.error(
      { event: "dev.refused", code },
      `${messageOf(error)}; the workers before this edit go on until it is mended`,
    );
    void this.#end(pool, 0);
  }

  async #end(pool: WorkerPool, timeoutMs: number): Promise<void> {
    await pool.drain({ timeoutMs });
    this.#pools.delete(pool);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
