/** The messages that move tasks and what became of them, all in a session and numbered. */
import type { OutcomeStatus } from "../contract/index.ts";
import type {
  DefinitionInfo,
  IdRuns,
  Origin,
  SparseColumn,
  TaskOptionColumns,
  Values,
} from "./message-structures.ts";
import type { Numbered } from "./session-messages.ts";

/** Producer to ventilator: take these. One origin, one run. */
export interface Submit extends Numbered {
  readonly verb: "SUBMIT";
  readonly definition: DefinitionInfo;
  /** `answer`: the result comes back as ANSWER; `sink`: it goes to a sink; `push`: the same, over the push lane. */
  readonly reply: "sink" | "answer" | "push";
  /** Id of the sink that is to get the results; with `reply` `sink` only. Absent: the ventilator chooses. */
  readonly sink?: string | undefined;
  /** Another ventilator may have these, too: it was out of reach, so they are handed on with the ids they have. */
  readonly handedOn?: boolean | undefined;
  /** Of those: they were accepted once, by another ventilator or an earlier start, so that their submitter counts on them. */
  readonly promised?: boolean | undefined;
  readonly ids: IdRuns;
  readonly options: TaskOptionColumns;
  readonly values: Values;
}

export interface Accepted extends Numbered {
  readonly verb: "ACCEPTED";
  readonly ids: IdRuns;
}

export interface Rejected extends Numbered {
  readonly verb: "REJECTED";
  readonly ids: IdRuns;
  readonly code: string;
  readonly message: string;
}

/** Ventilator to producer: these are final, with this outcome; their payloads can be forgotten. */
export interface Settled extends Numbered {
  readonly verb: "SETTLED";
  readonly outcome: OutcomeStatus;
  readonly ids: IdRuns;
}

/** Ventilator to producer: outcomes of answered tasks. Values: outputs, or errors, or nil. */
export interface Answer extends Numbered {
  readonly verb: "ANSWER";
  readonly outcome: OutcomeStatus;
  readonly ids: IdRuns;
  readonly attempts?: SparseColumn<number> | undefined;
  readonly values: Values;
}

/** Producer to ventilator: the caller has these answers. */
export interface Answered extends Numbered {
  readonly verb: "ANSWERED";
  readonly ids: IdRuns;
}

/** Producer to ventilator: cancel, answered with SETTLED. Ventilator to worker: stop, answered with nothing. */
export interface Cancel extends Numbered {
  readonly verb: "CANCEL";
  readonly ids: IdRuns;
}

/** Ventilator to worker: leases. */
export interface Tasks extends Numbered {
  readonly verb: "TASKS";
  readonly epoch: number;
  /** Index into the definitions of the worker's HELLO. */
  readonly definition: number;
  /** Id of the sink the results go to; absent: they go back to the ventilator. */
  readonly sink?: string | undefined;
  readonly ids: IdRuns;
  /** Default 1. */
  readonly attempts?: SparseColumn<number> | undefined;
  readonly options: TaskOptionColumns;
  readonly values: Values;
}

/** Worker to ventilator: not started, take them back. No failure counted. */
export interface Return extends Numbered {
  readonly verb: "RETURN";
  readonly epoch: number;
  readonly ids: IdRuns;
  readonly attempts?: SparseColumn<number> | undefined;
}

/** Ventilator to worker: give back those of these that have not started. */
export interface Recall extends Numbered {
  readonly verb: "RECALL";
  readonly ids: IdRuns;
}

/** Worker to ventilator: these attempts failed. Values: the errors. */
export interface Failed extends Numbered {
  readonly verb: "FAILED";
  readonly epoch: number;
  readonly ids: IdRuns;
  readonly attempts?: SparseColumn<number> | undefined;
  /** True where another attempt would be useless. Default false. */
  readonly final?: SparseColumn<boolean> | undefined;
  /** The handler's own wish for the delay before the next attempt. */
  readonly afterMs?: SparseColumn<number> | undefined;
  readonly values: Values;
}

/** Worker to sink, or to the ventilator for answered tasks: outputs. */
export interface Results extends Numbered {
  readonly verb: "RESULTS";
  readonly epoch: number;
  /** Index into the definitions of the worker's HELLO. */
  readonly definition: number;
  readonly ids: IdRuns;
  readonly attempts?: SparseColumn<number> | undefined;
  readonly traceparent?: SparseColumn<string> | undefined;
  /** From the call of the handler to its settling, one per task, microseconds. */
  readonly durationsUs: readonly number[];
  readonly values: Values;
}

/** Sink to worker or ventilator: these are final, and this is the outcome that stands. */
export interface Committed extends Numbered {
  readonly verb: "COMMITTED";
  readonly outcome: OutcomeStatus;
  readonly ids: IdRuns;
}

/** Worker to ventilator: the sink has made these final. */
export interface Done extends Numbered {
  readonly verb: "DONE";
  readonly epoch: number;
  readonly outcome: OutcomeStatus;
  readonly ids: IdRuns;
}

/** Ventilator to sink: make these final unless something already is. Values: errors, or nil. */
export interface Propose extends Numbered {
  readonly verb: "PROPOSE";
  readonly definition: DefinitionInfo;
  readonly outcome: OutcomeStatus;
  readonly ids: IdRuns;
  readonly attempts?: SparseColumn<number> | undefined;
  readonly traceparent?: SparseColumn<string> | undefined;
  readonly values: Values;
}

/** Ventilator to sink: no seq below `below` of this origin will ever be sent again. Parallel columns. */
export interface LowMark extends Numbered {
  readonly verb: "LOWMARK";
  readonly origins: readonly Origin[];
  readonly below: readonly number[];
}

/** Ventilator to sink: nothing of these origins will ever be sent again. */
export interface Closed extends Numbered {
  readonly verb: "CLOSED";
  readonly origins: readonly Origin[];
}

/** Ventilator to sink, push lane: seqs up to `through` of this origin have been sent. Parallel columns. */
export interface Sent extends Numbered {
  readonly verb: "SENT";
  readonly origins: readonly Origin[];
  readonly through: readonly number[];
  /** No worker has anything left of it: what has not arrived soon is missing. */
  readonly idle?: boolean | undefined;
}

/** Sink to ventilator, push lane: of the seqs up to `through` so many never came. Parallel columns. */
export interface Missing extends Numbered {
  readonly verb: "MISSING";
  readonly origins: readonly Origin[];
  readonly through: readonly number[];
  /** 0 where all came. */
  readonly missing: readonly number[];
}
