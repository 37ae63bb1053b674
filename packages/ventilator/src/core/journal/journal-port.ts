/**
 * What the ventilator's core tells its journal, and what it gets back from it after a restart.
 *
 * The core gathers a change, hands it out with a number that grows by one from 1, and is told later that it is safe
 * (`journaled`) or that there was no room (`journalFull`: its batches are not accepted, and whatever else is in it comes
 * again). Either speaks for all lower numbers, too, that nothing was said of before. Whoever keeps the journal decides how
 * many changes share a transaction and a sync. Changes take effect in the order of their numbers; after a crash a journal
 * holds those up to some number, each as a whole, but for those that were refused, and none after it.
 *
 * A record replaces the one with the same key; nothing is added up by the journal. What a record refers to (payloads
 * above all) belongs to the core and is only read.
 *
 * Instants (`…At`, `…Until`) are the core's monotonic milliseconds, of this start: whoever keeps them converts them to
 * wall time and back, so that they may lie before this start, and be negative.
 */
import type { OutcomeStatus, RemoteError } from "@tq/common";
import type { BootId, Origin, Submit } from "@tq/common/wire";

/** Called by the core. */
export interface JournalPort {
  /** Answered with `journaled` or `journalFull`; never from inside. */
  write(number: number, change: JournalChange): void;
}

/** What is to be written, all of it or nothing. No key is in two of the lists about the same thing. */
export interface JournalChange {
  /** New batches; each number is larger than all before it. */
  readonly accepted: readonly JournaledBatch[];
  /** How batches of this or an earlier change stand. */
  readonly progress: readonly BatchProgress[];
  /** Numbers of batches that are settled as a whole: they and their progress are not needed any more. */
  readonly removed: readonly number[];
  readonly origins: readonly JournaledOrigin[];
  /** Nothing of these origins will come again, nothing of them is left, and all who are to be told so have been. */
  readonly closedOrigins: readonly Origin[];
  readonly keys: readonly JournaledKey[];
  readonly forgottenKeys: readonly Pick<JournaledKey, "task" | "key">[];
  readonly deadLetters: readonly JournaledDeadLetter[];
  /** By id. */
  readonly removedDeadLetters: readonly string[];
  readonly doubts: readonly JournaledDoubt[];
  /** By number. */
  readonly removedDoubts: readonly number[];
}

/** What there is to replay. */
export interface JournalContents {
  /** In the order of their numbers. */
  readonly batches: readonly {
    readonly batch: JournaledBatch;
    /** Absent: nothing has happened to it that is worth a record. */
    readonly progress: BatchProgress | undefined;
  }[];
  readonly origins: readonly JournaledOrigin[];
  readonly keys: readonly JournaledKey[];
  readonly deadLetters: readonly JournaledDeadLetter[];
  readonly doubts: readonly JournaledDoubt[];
}

/** What was submitted at once, as it came. Whose it is: `JournaledOrigin`. */
export interface JournaledBatch {
  readonly number: number;
  /** One origin, one run. `sink`: id of the sink that was chosen for it until then, by the producer or here. */
  readonly submission: JournaledSubmission;
  /** Also from when the spans in its options count. */
  readonly acceptedAt: number;
}

/** What of SUBMIT is worth keeping. `reply` is always `sink`. */
export type JournaledSubmission = Pick<
  Submit,
  "definition" | "reply" | "sink" | "handedOn" | "ids" | "options" | "values"
>;

/** Tasks that have their troubles in one record. Raised: more is written again for each failure; lowered: more records. */
export const tasksPerPart = 16;

/** Which part of its batch a task is in, from 0. */
export const partOf = (index: number): number => Math.floor(index / tasksPerPart);

/** What has become of a batch. It replaces what was written of it before, but for the troubles of parts that it does not name. */
export interface BatchProgress {
  /** Of the batch. */
  readonly number: number;
  /** Id of the sink that is to get its results by now; absent: the one in the submission, if any. */
  readonly sink: string | undefined;
  /** Settled tasks as flat pairs `[from, to, …]` of indexes into the batch, `to` exclusive; ascending, disjoint. */
  readonly settled: readonly number[];
  /**
   * Numbers of the parts, `tasksPerPart` neighbours each, that `troubles` is about; ascending. In contents: all that have any.
   * A part that is named and has none any more has been through them.
   */
  readonly parts: readonly number[];
  /** Of unsettled tasks, by ascending `index`; most have none. */
  readonly troubles: readonly JournaledTrouble[];
}

/** What only few tasks have. */
export interface JournaledTrouble {
  /** In the batch. */
  readonly index: number;
  /** Number of its last lease, 0 before the first. */
  readonly attempt: number;
  readonly failures: number;
  /** Numbers of the attempts that took their workers down. */
  readonly crashes: readonly number[];
  readonly suspicion: "none" | "suspect" | "guilty-or-unlucky";
  /** Its next attempt must wait until then. Absent: it need not wait. */
  readonly dueAt: number | undefined;
  /** Its expiry has passed while it was leased. */
  readonly isExpired: boolean;
  /** The outcome that waits for the sink's word. Its error, if it has one, is the last one of `errors`. */
  readonly proposed: Exclude<OutcomeStatus, "completed"> | undefined;
  /** What went wrong, the latest last; bounded by the core. */
  readonly errors: readonly AttemptError[];
}

/** Why an attempt failed. */
export interface AttemptError {
  readonly attempt: number;
  /** Name of the worker; empty where none had it. */
  readonly worker: string;
  readonly at: number;
  readonly error: RemoteError;
}

/** Whose tasks of an origin are, and which of them are over. */
export interface JournaledOrigin {
  readonly origin: Origin;
  readonly owner: JournaledOwner;
  /** Some of its tasks were handed on from another ventilator. */
  readonly isHandedOn: boolean;
  /** Its owner has said goodbye: nothing new will come of it. Sinks are told so when all of it is settled. */
  readonly isLeft: boolean;
  /** Seqs of the batches that were removed, as flat pairs `[from, to, …]`, `to` exclusive; ascending, disjoint. */
  readonly settled: readonly number[];
}

/** Who submitted. */
export interface JournaledOwner {
  /** Absent: the submitter in the ventilator's own process, which ended with it. */
  readonly bootId: BootId | undefined;
  readonly name: string;
}

/** An idempotency key of a task that is settled; those of others stand in their batches. Its key is (task, key). */
export interface JournaledKey {
  /** Name of the definition. */
  readonly task: string;
  readonly key: string;
  /** Of the first task with that key. */
  readonly origin: Origin;
  readonly seq: number;
  /** Of its payload: 16 hex digits. */
  readonly hash: string;
  /** Of its submission; it tells the trace. */
  readonly traceparent: string | undefined;
  /** Answered until then. */
  readonly keptUntil: number;
}

/** A task that failed for good, with all there is to know of it. */
export interface JournaledDeadLetter {
  /** The task's id as text. */
  readonly id: string;
  readonly task: string;
  readonly outcome: "failed" | "dead";
  readonly acceptedAt: number;
  readonly endedAt: number;
  /** The rest, as the core writes and reads it; no instants in it. */
  readonly record: Uint8Array;
}

/** Tasks that may have been committed at one sink and were then given to another. */
export interface JournaledDoubt {
  /** Grows by one from doubt to doubt. */
  readonly number: number;
  readonly origin: Origin;
  readonly first: number;
  readonly count: number;
  /** Id of the sink that may have committed them; absent: unknown. */
  readonly sink: string | undefined;
  readonly at: number;
}
