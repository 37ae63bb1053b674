/**
 * A dead letter as a journal keeps it: one block of bytes, beside the few columns that people look for it by.
 *
 * The block is a map in the values' own encoding, the input in it as it came: what the ventilator never decoded, it does not
 * decode here either. No instants are in it: errors say how long before the end they happened.
 */
import { parseTaskId, type TaskPolicy, TqError } from "@tq/common";
import { invariant } from "@tq/common/contract";
import { decodeValue, encodeValue, type TaskOptionColumns, wireLimits } from "@tq/common/wire";
import type { AttemptError, JournaledDeadLetter } from "../journal/journal-port.ts";
import { type DeadLetter, idOfLetter } from "./dead-letter.ts";

/** Raised when the form changes. */
const form = 1;

interface Recorded {
  readonly form: number;
  readonly contract: string | undefined;
  readonly policy: TaskPolicy | undefined;
  readonly attempt: number;
  readonly failures: number;
  readonly crashes: number;
  readonly errors: readonly (Omit<AttemptError, "at"> & { readonly beforeEndMs: number })[];
  readonly options: TaskOptionColumns;
  readonly input: Uint8Array;
  readonly attachments: readonly Uint8Array[] | undefined;
  readonly owner: string;
}

export function recordOf(letter: DeadLetter): JournaledDeadLetter {
  const { task, outcome, acceptedAt, endedAt, values } = letter;
  const { contract, policy, attempt, failures, crashes, options, owner } = letter;
  const recorded: Recorded = {
    form,
    contract,
    policy,
    attempt,
    failures,
    crashes,
    errors: letter.errors.map(({ at, ...error }) => ({ ...error, beforeEndMs: endedAt - at })),
    options,
    input: values.slab,
    attachments: values.attachments?.frames,
    owner,
  };
  // An input may be as large as a body, and all else comes on top.
  const record = encodeValue(recorded, { payloadBytesMax: 2 * wireLimits.bodyBytesMax });
  return { id: idOfLetter(letter), task, outcome, acceptedAt, endedAt, record };
}

/** Errors: `TQ_ERR_STORAGE_VERSION` for a form that this version does not know. */
export function letterFrom({
  id,
  task,
  outcome,
  acceptedAt,
  endedAt,
  record,
}: JournaledDeadLetter): DeadLetter {
  const taskId = parseTaskId(id);
  invariant(taskId.ok, "a journaled dead letter has a task's id");
  const recorded = decodeValue(record) as Recorded;
  if (recorded.form !== form) {
    throw new TqError("TQ_ERR_STORAGE_VERSION", `the dead letter ${id} was written by another version of tq`);
  }
  const { contract, policy, attempt, failures, crashes, options, owner, input, attachments } = recorded;
  return {
    ...taskId.value,
    task,
    contract,
    policy,
    outcome,
    attempt,
    failures,
    crashes,
    errors: recorded.errors.map(({ beforeEndMs, ...error }) => ({ ...error, at: endedAt - beforeEndMs })),
    options,
    values: {
      lengths: [input.length],
      slab: input,
      ...(attachments && { attachments: { at: attachments.map(() => 0), frames: attachments } }),
    },
    owner,
    acceptedAt,
    endedAt,
  };
}
