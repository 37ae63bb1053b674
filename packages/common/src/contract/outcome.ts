import type { RemoteError } from "./remote-error.ts";

/** How a task ended. A task's failure is data: only `run` and `map` turn it into a thrown `TaskFailedError`. */
export type Outcome<Output> =
  | { readonly status: "completed"; readonly output: Output }
  /** It failed, with no attempts left or with an error that another attempt would repeat. `error` is the last one. */
  | { readonly status: "failed"; readonly error: RemoteError }
  /** It took down as many workers as its crash limit allows. */
  | { readonly status: "dead"; readonly error: RemoteError }
  | { readonly status: "cancelled" }
  /** Its expiry passed before it completed. */
  | { readonly status: "expired" };

/** The five ways in which a task ends. */
export type OutcomeStatus = Outcome<unknown>["status"];
/** An outcome without an output. */
export type UnsuccessfulOutcome = Exclude<Outcome<never>, { status: "completed" }>;

/** What every result says, whatever its outcome. */
export interface ResultIdentity {
  /** `<16 hex>-<seq>`. */
  readonly taskId: string;
  /** W3C trace id, 32 hex. */
  readonly traceId: string;
  /** The task's name. */
  readonly task: string;
  /** Number of the attempt that ended the task; 0 if it never was given to a worker. */
  readonly attempt: number;
  /** How long that attempt ran on its worker, in milliseconds; 0 if it never ran. */
  readonly durationMs: number;
}

/** The result of a task that completed. */
export interface CompletedResult<Output> extends ResultIdentity {
  readonly outcome: "completed";
  /** As the definition's `output` schema made it here, where the loop names a task. */
  readonly output: Output;
  /** The worker that ran it. */
  readonly worker: string;
}

/** The result of a task that failed for good, or that took down too many workers. */
export interface FailedResult extends ResultIdentity {
  readonly outcome: "failed" | "dead";
  /** The error of the last attempt. */
  readonly error: RemoteError;
  /** The worker of the last attempt, where one is known. */
  readonly worker?: string;
}

/** The result of a task that was stopped before it ended by itself. */
export interface StoppedResult extends ResultIdentity {
  readonly outcome: "cancelled" | "expired";
  readonly worker?: string;
}

/** What a sink's loop yields: a plain object, told apart by `outcome`. */
export type Result<Output = unknown> = CompletedResult<Output> | FailedResult | StoppedResult;
