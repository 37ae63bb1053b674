import type { UnsuccessfulOutcome } from "./outcome.ts";
import { fromRemoteError } from "./remote-error.ts";
import { TqError } from "./tq-error.ts";

const codeOf = {
  failed: "TQ_ERR_TASK_FAILED",
  dead: "TQ_ERR_TASK_DEAD",
  cancelled: "TQ_ERR_CANCELLED",
  expired: "TQ_ERR_EXPIRED",
} as const;

const verbOf = {
  failed: "failed",
  dead: "is dead: it took down too many workers, last",
  cancelled: "was cancelled",
  expired: "expired before it completed",
} as const;

/** Which task ended without an output, and how. */
export interface TaskFailure {
  readonly taskId: string;
  readonly traceId: string;
  /** The task's name. */
  readonly task: string;
  /** Number of the last attempt; 0 if it never was given to a worker. */
  readonly attempt: number;
  readonly outcome: UnsuccessfulOutcome;
}

/**
 * Thrown by `run` and `map` when a task ended without an output. `cause` is the remote error, with its own name, message,
 * stack and code; a cancelled or expired task has none.
 */
export class TaskFailedError extends TqError<(typeof codeOf)[keyof typeof codeOf]> {
  static {
    Object.defineProperty(TaskFailedError.prototype, "name", {
      value: "TaskFailedError",
      configurable: true,
      writable: true,
    });
  }

  readonly taskId: string;
  readonly traceId: string;
  readonly task: string;
  readonly attempt: number;
  readonly outcome: UnsuccessfulOutcome["status"];

  constructor({ taskId, traceId, task, attempt, outcome }: TaskFailure) {
    const reason = "error" in outcome ? `: ${outcome.error.name}: ${outcome.error.message}` : "";
    const where = attempt === 0 ? "" : ` on attempt ${attempt}`;
    super(
      codeOf[outcome.status],
      `${task} ${verbOf[outcome.status]}${where}${reason} (task ${taskId}, trace ${traceId})`,
      { ...("error" in outcome && { cause: fromRemoteError(outcome.error) }) },
    );
    this.taskId = taskId;
    this.traceId = traceId;
    this.task = task;
    this.attempt = attempt;
    this.outcome = outcome.status;
  }
}
