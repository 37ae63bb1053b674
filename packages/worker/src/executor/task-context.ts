/**
 * What a handler is given besides its input. One is made per attempt, so it holds plain fields; everything that costs (log
 * child, signal, ids as text) is made when the handler first looks at it.
 *
 * It has its own copy of all it tells: a handler may go on using it long after its attempt was settled.
 */
import {
  formatTaskId,
  type HandlerContext,
  type Origin,
  type TaskLogger,
  type TqError,
  traceIdOf,
} from "@tq/common";
import type { StartedAttempt } from "../core/port.ts";

/** What all contexts of one worker share. */
export interface ContextHost {
  readonly log: { child(fields: object): TaskLogger };
  /** Monotonic milliseconds to milliseconds since the epoch. */
  wallTime(monotonicMs: number): number;
  progress(context: TaskContext, value: unknown): void;
}

export class TaskContext implements HandlerContext {
  readonly task: string;
  readonly attempt: number;
  readonly slot: number;
  readonly run: number;
  readonly definition: number;
  readonly #host: ContextHost;
  readonly #origin: Origin;
  readonly #seq: number;
  readonly #traceparent: string | undefined;
  readonly #deadlineAt: number;
  #log: TaskLogger | undefined;
  #controller: AbortController | undefined;
  #abortReason: TqError | undefined;
  #progress: ((value: unknown) => void) | undefined;

  constructor(host: ContextHost, task: string, start: { of: StartedAttempt; now: number }) {
    const { of, now } = start;
    this.task = task;
    this.attempt = of.attempt;
    this.slot = of.slot;
    this.run = of.run;
    this.definition = of.definition;
    this.#host = host;
    this.#origin = of.origin;
    this.#seq = of.seq;
    this.#traceparent = of.traceparent;
    this.#deadlineAt = now + of.timeoutMs;
  }

  get taskId(): string {
    return formatTaskId(this.#origin, this.#seq);
  }

  get traceId(): string {
    return traceIdOf(this.#origin, this.#seq, this.#traceparent);
  }

  get deadline(): number {
    return this.#host.wallTime(this.#deadlineAt);
  }

  get log(): TaskLogger {
    const { taskId, traceId, task, attempt } = this;
    this.#log ??= this.#host.log.child({ taskId, traceId, task, attempt });
    return this.#log;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** A function of its own, so that a handler may take it out of the context. */
  get progress(): (value: unknown) => void {
    this.#progress ??= (value) => this.#host.progress(this, value);
    return this.#progress;
  }

  throwIfAborted(): void {
    if (this.#abortReason !== undefined) throw this.#abortReason;
  }

  /** The attempt's outcome is not wanted any more. Listeners are the handler's own code: what they throw is its own matter. */
  abort(reason: TqError): void {
    if (this.#abortReason !== undefined) return;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }
}
