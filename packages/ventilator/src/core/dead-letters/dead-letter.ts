/** A task that failed for good, with all that it takes to understand why, and to run it again. */
import type { RemoteError, TaskPolicy } from "@tq/common";
import { formatTaskId, traceIdOf } from "@tq/common";
import { sliceOptions } from "@tq/common/protocol";
import type { Origin, TaskOptionColumns, Values } from "@tq/common/wire";
import { bytesOfValues, sliceValues } from "@tq/common/wire";
import type { AttemptError } from "../journal/journal-port.ts";
import type { TaskBatch } from "../task-batch.ts";

export interface DeadLetter {
  readonly origin: Origin;
  readonly seq: number;
  /** Name of the definition. */
  readonly task: string;
  readonly contract: string | undefined;
  /** Of the submitter; absent: the workers' definition says. */
  readonly policy: TaskPolicy | undefined;
  readonly outcome: "failed" | "dead";
  /** Number of the last attempt. */
  readonly attempt: number;
  readonly failures: number;
  readonly crashes: number;
  /** The latest last. */
  readonly errors: readonly AttemptError[];
  /** Of one task. */
  readonly options: TaskOptionColumns;
  /** One value, the input. */
  readonly values: Values;
  /** Name of whoever submitted it. */
  readonly owner: string;
  readonly acceptedAt: number;
  readonly endedAt: number;
}

/** Taken from its batch before that is let go of. Whatever is kept of the batch's slab is copied. */
export function letterOf(
  batch: TaskBatch,
  index: number,
  end: { readonly outcome: "failed" | "dead"; readonly at: number },
): DeadLetter {
  const part = { from: index, to: index + 1 };
  const { slab, ...values } = sliceValues({ values: batch.values, offsets: batch.offsets, ...part });
  const trouble = batch.trouble(index);
  return {
    origin: batch.origin,
    seq: batch.first + index,
    task: batch.queue.name,
    contract: batch.queue.contract,
    policy: batch.policy,
    outcome: end.outcome,
    attempt: batch.attempt[index] ?? 0,
    failures: trouble?.failures ?? 0,
    crashes: trouble?.crashes.size ?? 0,
    errors: [...(trouble?.errors ?? [])],
    options: sliceOptions(batch.options, part),
    values: { ...values, slab: Uint8Array.from(slab) },
    owner: batch.owner.name,
    acceptedAt: batch.acceptedAt,
    endedAt: end.at,
  };
}

export const idOfLetter = ({ origin, seq }: DeadLetter): string => formatTaskId(origin, seq);

export const traceIdOfLetter = ({ origin, seq, options }: DeadLetter): string =>
  traceIdOf(origin, seq, options.traceparent?.values[0]);

/** What it takes of memory, roughly. */
export function bytesOfLetter({ values, errors }: DeadLetter): number {
  return errors.reduce((bytes, { error }) => bytes + bytesOfError(error), bytesOfValues(values) + 1_000);
}

function bytesOfError({ name, message, stack = "", cause }: RemoteError): number {
  const own = 2 * (name.length + message.length + stack.length) + 200;
  return cause === undefined ? own : own + bytesOfError(cause);
}
