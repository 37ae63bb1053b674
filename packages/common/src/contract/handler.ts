/** A handler: a task definition together with the function that runs it, and what that function is given. */
import { hasBrand, setBrand } from "./brand.ts";
import {
  type AnyTask,
  type HandlerInput,
  type HandlerOutput,
  isTask,
  type ProgressInput,
} from "./define-task.ts";
import { preview } from "./preview.ts";
import { TqError } from "./tq-error.ts";

const handlerBrand = Symbol.for("tq.handler");

/** Writes one line. `fields` are added to it. */
export interface LogMethod {
  (message: string): void;
  (fields: object, message?: string): void;
}

/** What tq needs of a logger. A pino logger fits. */
export interface TaskLogger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
}

/** What a handler knows about the attempt it runs. */
export interface HandlerContext<Task extends AnyTask = AnyTask> {
  /** The task's name. */
  readonly task: string;
  /** `<16 hex>-<seq>`. The same for every attempt: use it as an idempotency key for what the handler does outside. */
  readonly taskId: string;
  /** Number of this attempt, from 1. It grows with every attempt, also where the last one is not counted as a failure. */
  readonly attempt: number;
  /** W3C trace id, 32 hex. */
  readonly traceId: string;
  /** Every line carries the task's name and id, the attempt and the trace id. */
  readonly log: TaskLogger;
  /** Aborted when the attempt's result is no longer wanted: cancelled, past its timeout, or the worker is shutting down. */
  readonly signal: AbortSignal;
  /** When the attempt times out, in milliseconds since the epoch: `ctx.deadline - Date.now()` is what is left. */
  readonly deadline: number;
  /** Reports how far the attempt is. Not kept: only the latest value may arrive, and none has to. */
  progress(value: ProgressInput<Task>): void;
}

/**
 * The function that runs a task. What it throws fails the attempt; `RetryTask` and `DiscardTask` also say what becomes of the task.
 *
 * What it returns may be changed afterwards, apart from binaries of 32 KiB and more in it: these are sent without a copy, so they
 * are given away. Return a copy of a buffer that is to be used again. What it gets as input is its own, and may be returned.
 */
export type HandlerFunction<Task extends AnyTask> = (
  input: HandlerInput<Task>,
  ctx: HandlerContext<Task>,
) => HandlerOutput<Task> | Promise<HandlerOutput<Task>>;

/** What `handler` makes, to be given to a worker. Frozen. */
export interface Handler<Task extends AnyTask = AnyTask> {
  readonly task: Task;
  // A method and not a function-typed field: its parameters are compared both ways, so that handlers of different tasks fit
  // into one `Handler[]`.
  run(
    input: HandlerInput<Task>,
    ctx: HandlerContext<Task>,
  ): HandlerOutput<Task> | Promise<HandlerOutput<Task>>;
}

/**
 * Joins a task with the function that runs it.
 *
 * @throws TQ_ERR_INVALID_TASK if `task` was not made by `defineTask`.
 * @throws TQ_ERR_INVALID_HANDLER if `run` is not a function.
 */
export function handler<Task extends AnyTask>(task: Task, run: HandlerFunction<Task>): Handler<Task> {
  if (!isTask(task)) {
    throw new TqError(
      "TQ_ERR_INVALID_TASK",
      `handler(): the task must be made by defineTask, not ${preview(task)}`,
    );
  }
  if (typeof run !== "function") {
    const message = `handler(${task.name}): the second argument must be a function, not ${preview(run)}`;
    throw new TqError("TQ_ERR_INVALID_HANDLER", message, { details: { task: task.name } });
  }
  const made: Handler<Task> = { task, run };
  setBrand(made, handlerBrand);
  return Object.freeze(made);
}

/** Whether the value was made by `handler`, of this or another copy of the package. Never throws. */
export function isHandler(value: unknown): value is Handler {
  return hasBrand(value, handlerBrand);
}
