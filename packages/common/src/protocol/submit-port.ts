/**
 * The port between whoever submits tasks and whoever owns them: a ventilator in the same process, or the core that talks
 * to remote ones. It is here, below both, because a core may not know the submitter nor the submitter a core.
 *
 * A submitter has one owner or several (a producer: one per ventilator), numbered from 0. Each has origins of its own,
 * so a batch's origin says whose it is.
 */
import type { OutcomeStatus, TqError } from "../contract/index.ts";
import type {
  DefinitionInfo,
  IdRuns,
  Origin,
  SparseColumn,
  TaskOptionColumns,
  Values,
} from "../wire/index.ts";

/**
 * `sink`: results go to a sink. `answer`: they come back to whoever submitted. `push`: they go to a sink, over the push lane;
 * the submitter's part ends when a task is accepted.
 */
export type Reply = "sink" | "answer" | "push";

/** What is handed over at once: tasks of one definition, as one run of ids. */
export interface SubmitBatch {
  readonly definition: DefinitionInfo;
  readonly reply: Reply;
  readonly ids: IdRuns;
  readonly options: TaskOptionColumns;
  readonly values: Values;
}

/**
 * The origins of what is handed to one owner; seqs count up from 1 without gaps in each. Pushed tasks have one more for each
 * definition, drawn at its first task.
 */
export interface SubmitOrigins {
  readonly sink: Origin;
  readonly answer: Origin;
  /** What the owner is called by all submitters alike: idempotency keys choose by it. Default: its number. */
  readonly owner?: string | undefined;
}

/** What an owner offers. Never called from inside one of the events, except `answered`. */
export interface SubmitPort {
  /** Only within the credit that was given. May call events from inside. `owner`: by its number; default 0. */
  submit(batch: SubmitBatch, owner?: number): void;
  /** Whether tasks with idempotency keys can wait for this owner: it is there, or still looked for. Default: always. */
  isInReach?(owner: number): boolean;
  /** Each id is answered once: with `settled`, with `answer`, or with `rejected` if the owner does not know it. */
  cancel(ids: IdRuns): void;
  /**
   * These answers have arrived here and can be forgotten. Said from inside `answer` and for all of its ids, also for those
   * that nobody waits for any more. What the consumer has not taken yet is bounded here, not by the owner's credit: else
   * a loop over answers that submits in its body would wait for the credit that its own answers hold.
   */
  answered(ids: IdRuns): void;
}

/** What an owner tells. Ids that nobody waits for are ignored, so it may repeat itself. */
export interface SubmitEvents {
  /** So much may be handed to this owner from now on: what is available, not a total. `owner` defaults to 0. */
  credit(tasks: number, bytes: number, owner?: number): void;
  /** Kept from now on, as safely as the owner keeps anything. */
  accepted(ids: IdRuns): void;
  rejected(ids: IdRuns, code: string, message: string): void;
  /** Not accepted, because tasks with the same idempotency keys were. Who gives no keys need not listen. */
  duplicate?(duplicates: Duplicates): void;
  /** Final. For an answered task: no `answer` follows. */
  settled(outcome: OutcomeStatus, ids: IdRuns): void;
  /** Outcomes of answered tasks. Values: outputs, or errors, or nil. */
  answer(outcome: OutcomeStatus, answers: Answers): void;
  /** Nobody has heard of the owner for too long, or it refused. Over with its next credit. */
  unreachable(owner: number, error: TqError): void;
  /** What `isInReach` says of some owner has changed. Who says it of none, or gives no keys, need not care. */
  reachChanged?(): void;
  /**
   * Nothing will follow: every waiting call is rejected with it. `isInDoubt`: but those whose task was handed over and not
   * accepted, which nobody knows the fate of, with `TQ_ERR_UNKNOWN_OUTCOME`.
   */
  closed(error: TqError, options?: { readonly isInDoubt: boolean }): void;
}

/** Tasks that were submitted again, and those that were first: as many, in the same order. */
export interface Duplicates {
  readonly ids: IdRuns;
  readonly of: IdRuns;
  /** Of those that were first, where they had one. */
  readonly traceparent?: SparseColumn<string> | undefined;
}

export interface Answers {
  readonly ids: IdRuns;
  readonly attempts?: SparseColumn<number> | undefined;
  readonly values: Values;
}
