/** What every role that submits tasks offers: ventilator, producer, local. Types only. */
import type { AnyTask, Outcome, OutcomeStatus, TaskInput, TaskOutput } from "../contract/index.ts";
import type { Origin } from "../wire/index.ts";
import type {
  MapOptions,
  RunOptions,
  SubmitManyOptions,
  SubmitOptions,
  WaitOptions,
} from "./call-options.ts";

/** Inputs of many tasks: an array, a Set, a generator, a stream, … */
export type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>;

/** An accepted task. */
export interface SubmittedTask {
  /** `<16 hex>-<seq>`: what `cancel` takes, and what its result carries. */
  readonly taskId: string;
  /** W3C trace id, 32 hex. */
  readonly traceId: string;
  /** It was submitted before, under the same `idempotencyKey`: these are the first task's ids. */
  readonly isDuplicate: boolean;
}

/** Consecutive task ids, `<origin>-<first>` to `<origin>-<last>`. */
export interface TaskIdRange {
  readonly origin: Origin;
  readonly first: number;
  readonly last: number;
}

/** Accepted tasks. */
export interface SubmittedTasks {
  readonly accepted: number;
  /** Their ids, in the order of the inputs. */
  readonly ids: readonly TaskIdRange[];
}

/** How one task of a `mapSettled` ended. */
export interface SettledTask<Output> {
  /** Place of its input, from 0. */
  readonly index: number;
  /** `<16 hex>-<seq>`, computed when looked at; undefined if the task never left this process. */
  readonly taskId: string | undefined;
  /** W3C trace id, 32 hex; the same. */
  readonly traceId: string | undefined;
  /** Number of the attempt that ended it; 0 if none did. */
  readonly attempt: number;
  /**
   * Its end. Also `failed`, with the error's `code`: an input that is no good, a time limit that passed, an output that does
   * not fit its schema.
   */
  readonly outcome: Outcome<Output>;
}

/** Results as they can be taken, one by one. Leaving the loop cancels what is under way. */
export interface TaskResults<Value> extends AsyncIterableIterator<Value, undefined>, AsyncDisposable {
  return(): Promise<IteratorReturnResult<undefined>>;
}

/**
 * Submits tasks. Every input is checked against the task's schema and encoded here, and sent as it was given.
 *
 * Inputs may be changed after the call, apart from binaries of 32 KiB and more in them (Buffer, typed array, ArrayBuffer,
 * DataView). These are not copied: they must not be written to or transferred before the call has settled, or `map` has yielded
 * their output. Large binaries in outputs belong to whoever gets them.
 *
 * All calls: `TQ_ERR_INVALID_TASK`, `TQ_ERR_INVALID_OPTION`; `TQ_ERR_INVALID_INPUT` and `TQ_ERR_UNENCODABLE` with the path in the
 * value; `TQ_ERR_PAYLOAD_TOO_LARGE`; `TQ_ERR_CANCELLED` by `signal`; `TQ_ERR_CLOSED` when draining or closed; `TQ_ERR_UNREACHABLE`
 * and `TQ_ERR_UNKNOWN_OUTCOME` when whoever takes the tasks is gone; `TQ_ERR_LIMIT` when a million tasks already wait.
 */
export interface TaskSubmitter {
  /**
   * Hands a task over; its result goes to a sink. Resolves when it is accepted.
   *
   * Errors besides those of all calls: see `timeoutMs`; `TQ_ERR_NO_SINK`, `TQ_ERR_STORAGE_FULL`; `TQ_ERR_IDEMPOTENCY_CONFLICT`.
   */
  submit<T extends AnyTask>(task: T, input: TaskInput<T>, options?: SubmitOptions): Promise<SubmittedTask>;

  /**
   * The same for many: reads the inputs as fast as tasks are accepted, in constant memory. Resolves when all are.
   *
   * It stops at the first error. The tasks before it stay accepted: the error's `details.accepted` says how many. An error of
   * the inputs themselves is `TQ_ERR_INVALID_INPUT` with that error as its `cause`.
   */
  submitMany<T extends AnyTask>(
    task: T,
    inputs: Inputs<TaskInput<T>>,
    options?: SubmitManyOptions,
  ): Promise<SubmittedTasks>;

  /**
   * Runs a task and gives its output. It is not kept anywhere else: if this process ends, so does the task.
   *
   * Errors besides those of all calls: `TaskFailedError` with `TQ_ERR_TASK_FAILED`, `TQ_ERR_TASK_DEAD`, `TQ_ERR_CANCELLED` or
   * `TQ_ERR_EXPIRED`; `TQ_ERR_DEADLINE_EXCEEDED`; `TQ_ERR_INVALID_OUTPUT`; `TQ_ERR_UNDECODABLE`.
   */
  run<T extends AnyTask>(task: T, input: TaskInput<T>, options?: RunOptions): Promise<TaskOutput<T>>;

  /**
   * Runs a task for each input and yields the outputs in the order of the inputs, which are read no faster than outputs are
   * taken. Starts with the first `next()`.
   *
   * At the first failure, in the order of the inputs, it throws what `run` would, and cancels the rest; so does leaving the
   * loop. An error of the inputs is thrown as it is, after the outputs before it.
   */
  map<T extends AnyTask>(
    task: T,
    inputs: Inputs<TaskInput<T>>,
    options?: MapOptions,
  ): TaskResults<TaskOutput<T>>;

  /**
   * The same, but yields how each task ended, as they end. Failures of tasks are yielded, too; it throws only where no
   * more tasks can be submitted, or the inputs throw.
   */
  mapSettled<T extends AnyTask>(
    task: T,
    inputs: Inputs<TaskInput<T>>,
    options?: MapOptions,
  ): TaskResults<SettledTask<TaskOutput<T>>>;

  /**
   * Cancels a task that this submitter submitted. Resolves when its end is final: `cancelled`, or what stands instead.
   *
   * Errors: `TQ_ERR_INVALID_OPTION` if it never gave out this id; `TQ_ERR_UNKNOWN_TASK` if it ended so long ago that nobody
   * remembers how; `TQ_ERR_UNKNOWN_OUTCOME` if whoever had it has lost it; `TQ_ERR_DEADLINE_EXCEEDED`.
   */
  cancel(taskId: string, options?: WaitOptions): Promise<OutcomeStatus>;
}
