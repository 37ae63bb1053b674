/**
 * The table of all error codes: what each means, in one line. Codes are stable: they are never renamed, and never get
 * another meaning. The reference in the docs is held against this table.
 */
export const errorCodes = {
  TQ_ERR_INVALID_OPTION: "An option has a value outside its range, or is unknown.",
  TQ_ERR_INVALID_TASK:
    "A task definition is malformed, or something that is not a definition was given as one.",
  TQ_ERR_INVALID_HANDLER:
    "Something that handler() did not make was given as a handler, or a file exports none.",
  TQ_ERR_INVALID_INPUT: "An input does not fit the task's input schema.",
  TQ_ERR_INVALID_OUTPUT: "What a handler returned or reported does not fit the task's schema; not retried.",
  TQ_ERR_UNENCODABLE: "A value holds something that cannot travel, such as a function; the path names it.",
  TQ_ERR_UNDECODABLE: "The bytes of a value cannot be read here.",
  TQ_ERR_PAYLOAD_TOO_LARGE: "An encoded value is larger than the limit.",
  TQ_ERR_ADDRESS_IN_USE: "The address to bind is taken by another socket.",
  TQ_ERR_BIND_FAILED: "The address cannot be bound, for another reason than being taken.",
  TQ_ERR_INSECURE_BIND: "A bind beyond the loopback without encryption needs insecure: true.",
  TQ_ERR_INVALID_ENDPOINT: "An endpoint is not written as tcp://HOST:PORT or in another served form.",
  TQ_ERR_WRONG_ENDPOINT: "The endpoint serves another kind of peer; the right one is named.",
  TQ_ERR_UNREACHABLE: "Nobody answered at the endpoint within the time allowed.",
  TQ_ERR_UNSUPPORTED_VERSION: "The peer speaks no version of the protocol that this side speaks.",
  TQ_ERR_BOOT_ID_IN_USE: "Another live connection holds this boot id; a new one must be drawn.",
  TQ_ERR_PROTOCOL: "A peer sent something that the protocol does not allow.",
  TQ_ERR_DUPLICATE_HANDLER: "Two handlers were given for the same task name and contract.",
  TQ_ERR_NO_HANDLER: "No worker here handles this task.",
  TQ_ERR_NO_SINK: "A result has to go to a sink, and none is configured.",
  TQ_ERR_NO_PUSH_LANE: "The ventilator, or every sink it has, was started without the push lane.",
  TQ_ERR_CLOSED: "The object is draining or closed and takes nothing new.",
  TQ_ERR_DEADLINE_EXCEEDED: "The caller's own time limit passed before the outcome was known.",
  TQ_ERR_TIMEOUT: "An attempt ran past the task's timeout.",
  TQ_ERR_CANCELLED: "The task was cancelled.",
  TQ_ERR_EXPIRED: "The task's expiry passed before it completed.",
  TQ_ERR_TASK_FAILED: "The task failed, and no attempts are left or another would not help.",
  TQ_ERR_TASK_DEAD: "The task took down as many workers as its crash limit allows.",
  TQ_ERR_WORKER_LOST: "The worker that ran the attempt is gone.",
  TQ_ERR_UNKNOWN_TASK: "No task with this id waits or runs here.",
  TQ_ERR_UNKNOWN_OUTCOME:
    "The task was sent, and contact was lost before its outcome was known; it may have run.",
  TQ_ERR_RESULTS_IN_USE: "Another loop already reads the same results.",
  TQ_ERR_IDEMPOTENCY_CONFLICT: "Another input was submitted under the same idempotency key.",
  TQ_ERR_STORAGE_FULL: "The disk of the journal or store is full; nothing was written.",
  TQ_ERR_STORAGE_FAILED:
    "The journal or store could not be written or synced; its process has to be started anew.",
  TQ_ERR_STORAGE_CORRUPT: "The file of a journal or store is damaged, or is something else.",
  TQ_ERR_STORAGE_LOCKED: "Another process has this journal or store open.",
  TQ_ERR_STORAGE_VERSION: "The journal or store was written by a version of tq that this one cannot read.",
  TQ_ERR_LIMIT: "A limit on what may be held or in flight is reached.",
  TQ_ERR_CONTRACT_MISMATCH: "Two sides use the same task name with different contracts.",
  TQ_ERR_FILE: "Reading or writing an open file or stream failed, as on a full disk; the message says which.",
  TQ_ERR_INTERNAL: "A bug in tq: an invariant is broken. Please report it.",
} as const;

/** The stable code of a {@link TqError}. */
export type TqErrorCode = keyof typeof errorCodes;
