/** The demo's worker processes: kept at their number, whatever happens to them. */
import { TqError } from "@tq/common";
import { Child } from "./child.ts";
import type { FromDemoWorker, ToDemoWorker } from "./demo-messages.ts";

export type DemoWorker = Child<FromDemoWorker, ToDemoWorker>;

/** Deaths that nobody asked for, after which the demo gives up. */
const deathsMax = 5;

export interface DemoWorkersOptions {
  readonly ventilator: string;
  /** Says a line to the user. */
  readonly say: (line: string) => void;
  readonly onFailed: (error: TqError) => void;
}

export class DemoWorkers {
  readonly #options: DemoWorkersOptions;
  readonly #running = new Set<DemoWorker>();
  #started = 0;
  #deaths = 0;
  #isStopping = false;

  constructor(options: DemoWorkersOptions) {
    this.#options = options;
  }

  get running(): readonly DemoWorker[] {
    return [...this.#running];
  }

  /** Resolves when it runs. */
  async start(): Promise<DemoWorker> {
    this.#started += 1;
    const name = `worker-${this.#started}`;
    const worker: DemoWorker = new Child(name, "worker-process");
    this.#running.add(worker);
    void worker.exited.then((end) => this.#onExit(worker, end));
    const ready = worker.next("ready");
    worker.send({ type: "start", ventilator: this.#options.ventilator, name });
    await ready;
    return worker;
  }

  /** Kills it with SIGKILL. Resolves when it is gone. */
  async kill(worker: DemoWorker): Promise<void> {
    this.#running.delete(worker);
    worker.kill();
    await worker.exited;
  }

  /** Asks all to stop. Resolves when they are gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const worker of this.#running) worker.send({ type: "stop" });
    await Promise.all(this.running.map((worker) => worker.exited));
  }

  killAll(): void {
    this.#isStopping = true;
    for (const worker of this.#running) worker.kill();
  }

  /** One that dies by itself is replaced, as `tq worker` does. */
  #onExit(worker: DemoWorker, end: string): void {
    if (!this.#running.delete(worker) || this.#isStopping) return;
    const { say, onFailed } = this.#options;
    this.#deaths += 1;
    const what = `${worker.name} ended: ${end}`;
    if (this.#deaths > deathsMax) {
      onFailed(new TqError("TQ_ERR_WORKER_LOST", `${what}; too many workers died, giving up`));
      return;
    }
    say(`${what}; starting another`);
    // If that one dies as well, this is called for it, too.
    this.start().catch(() => {});
  }
}
