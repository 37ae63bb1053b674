/** Puts a submitter together: the calls on one side, the owner's events on the other. */
import {
  type AnyTask,
  type OutcomeStatus,
  parseTaskId,
  type TaskInput,
  type TaskOutput,
  TqError,
} from "../contract/index.ts";
import { preview } from "../contract/preview.ts";
import { IdRunsBuilder, type SubmitEvents, type SubmitOrigins, type SubmitPort } from "../protocol/index.ts";
import type { IdRuns, Origin } from "../wire/index.ts";
import { cancelledBySignal, closedError, type Handed } from "./call-errors.ts";
import {
  type CallName,
  type MapOptions,
  parseCallOptions,
  type RunOptions,
  replyOf,
  type SubmitManyOptions,
  type SubmitOptions,
  type WaitOptions,
} from "./call-options.ts";
import type { SetTimer } from "./deadlines.ts";
import { Desk } from "./desk.ts";
import { Inbound, type Tally } from "./inbound.ts";
import { isReadable } from "./input-reader.ts";
import { MapCall, type MapStyle } from "./map-call.ts";
import { outputs, settled } from "./map-styles.ts";
import { type CallContext, RunCall, SubmitCall, type SubmitContext } from "./single-call.ts";
import { SubmitManyCall } from "./submit-many-call.ts";
import { TaskShapes } from "./task-shape.ts";
import type {
  Inputs,
  SettledTask,
  SubmittedTask,
  SubmittedTasks,
  TaskResults,
  TaskSubmitter,
} from "./task-submitter.ts";

export interface SubmitterOptions {
  /** One pair per owner. */
  readonly origins: SubmitOrigins | readonly SubmitOrigins[];
  /** 8 random bytes as 16 hex digits, never twice: an origin for the pushed tasks of one definition and owner. */
  readonly drawOrigin: () => Origin;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Runs something when this turn of the event loop is over; never inside the call. Default: `setImmediate`. */
  readonly atEndOfTurn?: ((run: () => void) => void) | undefined;
  /** Gives a function that cancels it. Default: `setTimeout`. */
  readonly setTimer?: SetTimer | undefined;
  /** Limit of one encoded input, in bytes. Default: `wireLimits.payloadBytesMax`. */
  readonly payloadBytesMax?: number | undefined;
}

/** What a submitter has to do, and what has become of the tasks that it took. Numbers of tasks. */
export interface SubmitStats extends Tally {
  /** Tasks that wait for credit. */
  readonly queued: number;
  /** Handed over, not yet accepted; their results go to sinks. */
  readonly unaccepted: number;
  /** Handed over, not yet answered. */
  readonly unanswered: number;
}

/** A submitter with both its sides. */
export interface Submission {
  readonly submitter: TaskSubmitter;
  readonly events: SubmitEvents;
  /** Takes nothing new from now on: `TQ_ERR_CLOSED`. What was taken goes on. */
  stop(): void;
  /** Resolves when nothing is queued, unaccepted, unanswered or being cancelled any more. */
  idle(): Promise<void>;
  /** Tasks that were handed over and are not yet accepted, or answered. */
  waiting(): IdRuns;
  stats(): SubmitStats;
}

export function createSubmitter(port: SubmitPort, options: SubmitterOptions): Submission {
  const { origins, drawOrigin, now, payloadBytesMax } = options;
  const { atEndOfTurn = setImmediate, setTimer = setNodeTimer } = options;
  const owners = "sink" in origins ? [origins] : origins;
  const desk = new Desk({
    port,
    origins: owners,
    drawOrigin,
    now,
    atEndOfTurn: (run) => void atEndOfTurn(run),
    setTimer,
  });
  const events = new Inbound(desk, port);
  return {
    submitter: new DeskSubmitter(desk, new TaskShapes(payloadBytesMax)),
    events,
    stop: () => desk.stop(closedError("submit")),
    idle: () => desk.idle(),
    waiting: () => waitingAt(desk),
    stats: () => ({ ...events.tally, ...countsAt(desk) }),
  };
}

const setNodeTimer: SetTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};

class DeskSubmitter implements TaskSubmitter {
  readonly #desk: Desk;
  readonly #shapes: TaskShapes;

  constructor(desk: Desk, shapes: TaskShapes) {
    this.#desk = desk;
    this.#shapes = shapes;
  }

  submit<T extends AnyTask>(task: T, input: TaskInput<T>, options?: SubmitOptions): Promise<SubmittedTask> {
    return rejecting(() => new SubmitCall(this.#submitContext("submit", task, options)).start(input));
  }

  submitMany<T extends AnyTask>(
    task: T,
    inputs: Inputs<TaskInput<T>>,
    options?: SubmitManyOptions,
  ): Promise<SubmittedTasks> {
    return rejecting(() => {
      const context = this.#submitContext("submitMany", task, options);
      return new SubmitManyCall(context, readable("submitMany", inputs)).start();
    });
  }

  run<T extends AnyTask>(task: T, input: TaskInput<T>, options?: RunOptions): Promise<TaskOutput<T>> {
    // The output was parsed by the task's own schema.
    return rejecting(() => new RunCall(this.#context("run", task, options)).start(input)) as Promise<
      TaskOutput<T>
    >;
  }

  map<T extends AnyTask>(
    task: T,
    inputs: Inputs<TaskInput<T>>,
    options?: MapOptions,
  ): TaskResults<TaskOutput<T>> {
    const context = { ...this.#context("map", task, options), style: outputs as MapStyle<TaskOutput<T>> };
    return new MapCall(context, readable("map", inputs));
  }

  mapSettled<T extends AnyTask>(
    task: T,
    inputs: Inputs<TaskInput<T>>,
    options?: MapOptions,
  ): TaskResults<SettledTask<TaskOutput<T>>> {
    const style = settled as MapStyle<SettledTask<TaskOutput<T>>>;
    const context = { ...this.#context("mapSettled", task, options), style };
    return new MapCall(context, readable("mapSettled", inputs));
  }

  cancel(taskId: string, options?: WaitOptions): Promise<OutcomeStatus> {
    return rejecting(() => {
      const call = parseCallOptions("cancel", options);
      const task = this.#own(taskId);
      const known = this.#desk.ledgers.get(task.origin)?.settled.find(task.seq);
      if (known !== undefined) return Promise.resolve(known);
      if (this.#desk.closed !== undefined) throw closedError("cancel");
      if (call.signal?.aborted === true) throw cancelledBySignal("cancel", call.signal);
      this.#desk.cancel(task.origin, task.seq);
      return this.#desk.cancelCalls.add(task, call, this.#desk.now());
    });
  }

  #context(name: CallName, task: AnyTask, options: MapOptions | undefined): CallContext {
    return { desk: this.#desk, shape: this.#shapes.of(task), call: parseCallOptions(name, options) };
  }

  #submitContext(
    name: "submit" | "submitMany",
    task: AnyTask,
    options: SubmitOptions | undefined,
  ): SubmitContext {
    const context = this.#context(name, task, options);
    return { ...context, reply: replyOf(name, context.shape.delivery, context.call) };
  }

  #own(taskId: unknown): Handed {
    const id = typeof taskId === "string" ? parseTaskId(taskId) : undefined;
    const reason = id?.ok === false ? id.reason : `a task id is a string, not ${preview(taskId)}`;
    if (id?.ok !== true) throw invalidId(`cancel: ${reason}`, taskId);
    const next = this.#desk.ledgers.get(id.value.origin)?.records.nextSeq ?? 0;
    if (id.value.seq >= next) {
      throw invalidId(
        `cancel: task ${taskId} was not submitted here; only its submitter can cancel it`,
        taskId,
      );
    }
    return { ...id.value, traceparent: undefined };
  }
}

function invalidId(message: string, taskId: unknown): TqError {
  return new TqError("TQ_ERR_INVALID_OPTION", message, { details: { taskId } });
}

/** A call that gives a promise never throws. */
function rejecting<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

function readable(call: CallName, inputs: unknown): Inputs<unknown> {
  if (isReadable(inputs)) return inputs;
  const message = `${call}: the inputs are an iterable, such as an array or a generator, not ${preview(inputs)}`;
  throw new TqError("TQ_ERR_INVALID_OPTION", message, { details: { option: "inputs" } });
}

function waitingAt(desk: Desk): IdRuns {
  const ids = new IdRunsBuilder();
  for (const { records } of desk.ledgers.values()) {
    for (const seq of records.seqs()) ids.add(records.origin, seq);
  }
  return ids.take();
}

function countsAt(desk: Desk): Pick<SubmitStats, "queued" | "unaccepted" | "unanswered"> {
  let unaccepted = 0;
  let unanswered = 0;
  for (const { reply, records } of desk.ledgers.values()) {
    if (reply === "answer") unanswered += records.live;
    else unaccepted += records.live;
  }
  return { queued: desk.outbox.tasks, unaccepted, unanswered };
}
