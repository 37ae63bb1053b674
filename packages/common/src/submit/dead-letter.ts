/** Dead letters as users see them, and how they are read from what a ventilator tells. */
import { type RemoteError, type TaskPolicy, TqError } from "../contract/index.ts";
import type { DeadLetterLine, DeadLetterOptions, WholeDeadLetter } from "../protocol/index.ts";
import { decodeValueAt } from "../wire/index.ts";

/** A task that failed for good, in a list. */
export interface DeadLetterSummary {
  /** `<16 hex>-<seq>`. */
  readonly taskId: string;
  /** W3C trace id, 32 hex. */
  readonly traceId: string;
  /** The task's name. */
  readonly task: string;
  /** `failed`: with no attempts left, or by an error that another attempt would repeat. `dead`: it took down too many workers. */
  readonly outcome: "failed" | "dead";
  /** The last one, without stack and cause. Absent where none is known. */
  readonly error?: RemoteError | undefined;
  /** Number of the last attempt. */
  readonly attempt: number;
  /** Attempts that failed. */
  readonly failures: number;
  /** Workers that died while they ran nothing else. */
  readonly crashes: number;
  readonly acceptedAt: Date;
  readonly endedAt: Date;
  /** Name of whoever submitted it. */
  readonly submitter: string;
  /** Of its input, encoded. */
  readonly inputBytes: number;
  /** The ventilator that keeps it: its endpoint, or its name where it is asked directly. */
  readonly ventilator: string;
}

/** Why an attempt failed. */
export interface FailedAttempt {
  readonly attempt: number;
  /** Empty where no worker had it. */
  readonly worker: string;
  readonly at: Date;
  readonly error: RemoteError;
}

/** All there is to know of a task that failed for good. */
export interface DeadLetter extends DeadLetterSummary {
  /** As it was submitted, whether it fits the task's schema or not. */
  readonly input: unknown;
  /** Of the last ten attempts that failed, the latest last. */
  readonly errors: readonly FailedAttempt[];
  /** Contract id of its definition; absent: it matches each. */
  readonly contract?: string | undefined;
  /** How it was tried, where its submitter said so; absent: as the workers' definition says. */
  readonly policy?: TaskPolicy | undefined;
  /** What was asked for with `submit`; absent: its default. */
  readonly options: DeadLetterOptions;
}

/** Where and when an answer was given. */
export interface Heard {
  readonly ventilator: string;
  /** Milliseconds since the epoch, by the clock here. */
  readonly at: number;
}

export function summaryOf(
  { acceptedAgoMs, endedAgoMs, ...line }: DeadLetterLine,
  heard: Heard,
): DeadLetterSummary {
  const { taskId, traceId, task, outcome, error, attempt, failures, crashes, submitter, inputBytes } = line;
  return {
    taskId,
    traceId,
    task,
    outcome,
    ...(error !== undefined && { error }),
    attempt,
    failures,
    crashes,
    acceptedAt: new Date(heard.at - acceptedAgoMs),
    endedAt: new Date(heard.at - endedAgoMs),
    submitter,
    inputBytes,
    ventilator: heard.ventilator,
  };
}

/** @throws TQ_ERR_UNDECODABLE if its input cannot be read here. */
export function deadLetterOf(letter: WholeDeadLetter, heard: Heard): DeadLetter {
  const { input, attachments, errors, contract, policy, options } = letter;
  return {
    ...summaryOf(letter, heard),
    input: decodeValueAt({ slab: input, from: 0, to: input.length, attachments }),
    errors: errors.map(({ attempt, worker, agoMs, error }) => ({
      attempt,
      worker,
      at: new Date(heard.at - agoMs),
      error,
    })),
    ...(contract !== undefined && { contract }),
    ...(policy !== undefined && { policy }),
    options,
  };
}

/** A ventilator may be of any make: what cannot be read of its answer is said to be so. */
export function readAnswer<T>(ventilator: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TqError) throw error;
    throw new TqError("TQ_ERR_PROTOCOL", `the ventilator at ${ventilator} gave an answer that is none`, {
      cause: error,
    });
  }
}
