/** A worker in a process of its own, which can be killed, stopped, told to drain, and listened to. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Timing } from "@tq/common/protocol";
import type { WorkerEvent, WorkerOptions, WorkerStats } from "@tq/worker";
import { EventLog } from "./event-log.ts";

export interface WorkerProcessOptions {
  readonly worker: Pick<WorkerOptions, "ventilators" | "name" | "concurrency">;
  readonly timing?: Timing | undefined;
}

export type FromWorkerProcess =
  | { readonly kind: "ready" }
  | { readonly kind: "started"; readonly taskId: string; readonly attempt: number }
  | { readonly kind: "event"; readonly event: WorkerEvent }
  | { readonly kind: "stats"; readonly stats: WorkerStats };

export interface ToWorkerProcess {
  readonly kind: "release" | "drain" | "stats";
  readonly timeoutMs?: number | undefined;
}

type Said = {
  [Kind in FromWorkerProcess["kind"]]: { type: Kind } & Extract<FromWorkerProcess, { kind: Kind }>;
};

export class WorkerProcess implements AsyncDisposable {
  readonly events = new EventLog<WorkerEvent>();
  /** Everything it said. */
  readonly said = new EventLog<Said[FromWorkerProcess["kind"]]>();
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;

  constructor(options: WorkerProcessOptions) {
    const file = new URL("../fixtures/worker-process.ts", import.meta.url);
    this.#child = fork(file, [JSON.stringify(options)], { execArgv: [] });
    this.ended = once(this.#child, "close").then(([exitCode, signal]) => ({ exitCode, signal }));
    this.#child.on("message", (message: FromWorkerProcess) => {
      this.said.push({ ...message, type: message.kind } as Said[FromWorkerProcess["kind"]]);
      if (message.kind === "event") this.events.push(message.event);
    });
  }

  /** Resolves when it connects to its ventilators. */
  async ready(): Promise<this> {
    await this.said.next("ready");
    return this;
  }

  tell(message: ToWorkerProcess): void {
    if (this.#child.connected) this.#child.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills it, and waits for its end. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
