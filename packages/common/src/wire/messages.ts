/**
 * Every message of TQP/1 as the cores see it: one tagged union, decoded and checked.
 *
 * This file says what is said; `grammar.ts` says how each field looks on the wire, and `docs/protocol.md` says what a
 * peer must do with it. A change here is a change to all three and to the vectors.
 *
 * Spans are milliseconds unless the name ends in another unit. No instant is ever sent: two clocks are never compared.
 */
import type { OutcomeStatus, TaskPolicy } from "../contract/index.ts";

/** 16 lower-case hex digits; 8 bytes on the wire. */
export type Origin = string;
/** 16 lower-case hex digits, drawn at random at each start of a process; 8 bytes on the wire. */
export type BootId = string;
/** Chosen by the binding side, unique over its lifetime and its restarts. A safe integer from 1. */
export type SessionId = number;

/**
 * A list of task ids, in order, as runs of consecutive seqs: flat triples
 * `[index into origins, first seq, count, …]`. The order is the order of the other columns.
 */
export interface IdRuns {
  readonly origins: readonly Origin[];
  readonly runs: readonly number[];
}

/** A column that few tasks of a batch have a value in: positions (ascending) and their values. */
export interface SparseColumn<V> {
  readonly at: readonly number[];
  readonly values: readonly V[];
}

/** One value per task: the slab holds them back to back as MessagePack, `lengths` says how long each one is. */
export interface Values {
  /** Bytes of each value; their sum is the slab's length. */
  readonly lengths: readonly number[];
  readonly slab: Uint8Array;
}

/** What routes a task: its name, its contract id, and the policy its definition asks for. */
export interface DefinitionInfo {
  readonly name: string;
  /** Absent: matches any contract id. */
  readonly contract?: string | undefined;
  readonly policy?: TaskPolicy | undefined;
}

/** Options of single tasks. Spans are counted from the moment the receiver has the message. */
export interface TaskOptionColumns {
  /** Higher runs earlier. −100 to 100, default 0. */
  readonly priority?: SparseColumn<number> | undefined;
  /** Not to be leased before this span has passed. */
  readonly notBeforeMs?: SparseColumn<number> | undefined;
  /** Not to be started after this span has passed. */
  readonly expiresMs?: SparseColumn<number> | undefined;
  /** Limit of one attempt; default: the definition's. */
  readonly timeoutMs?: SparseColumn<number> | undefined;
  /** Idempotency key. */
  readonly key?: SparseColumn<string> | undefined;
  /** W3C `traceparent` of the caller. */
  readonly traceparent?: SparseColumn<string> | undefined;
}

/** Attempts a worker holds, queued or running, under one epoch. `attempts` defaults to 1. */
export interface HeldAttempts {
  readonly epoch: number;
  readonly ids: IdRuns;
  readonly attempts?: SparseColumn<number> | undefined;
}

/**
 * Credit as absolute totals since the session began: flat triples
 * `[definition, tasks, bytes, …]`. The definition is an index into the list of the HELLO; 0 where roles have one window.
 */
export type Grants = readonly number[];

export type Role = "worker" | "producer" | "ventilator" | "sink";

export interface SinkAddress {
  /** Stable over restarts where the sink has a store; else its boot id. */
  readonly id: string;
  readonly endpoint: string;
}

// ---- outside a session -------------------------------------------------------------------------------------------

export interface Hello {
  readonly verb: "HELLO";
  readonly version: number;
  readonly role: Role;
  /** What the sender takes the other side for. Whoever is something else refuses it: a worker says the same to two roles. */
  readonly to?: Role | undefined;
  readonly bootId: BootId;
  /** Shown to people: host and pid, or what the user called it. */
  readonly name: string;
  /** The session to resume after a cut; absent at a first connection. */
  readonly session?: SessionId | undefined;
  /** Highest number received in order in that session. */
  readonly received: number;
  /** Worker: what it can run. Others: empty. */
  readonly definitions: readonly DefinitionInfo[];
  /** Worker: tasks it runs at once. */
  readonly slots: number;
  readonly tags: readonly string[];
  /** Worker: what it still holds of this ventilator; for a fresh session. */
  readonly held?: HeldAttempts | undefined;
  /** Where the sender can be reached itself, by who should go there: `workers`, `producers`. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
}

export interface Welcome {
  readonly verb: "WELCOME";
  readonly version: number;
  readonly session: SessionId;
  readonly resumed: boolean;
  /** Highest number received in order in the resumed session; 0 in a fresh one. */
  readonly received: number;
  /** The binding side's own boot id and name. */
  readonly bootId: BootId;
  readonly name: string;
  readonly epoch: number;
  readonly heartbeatMs: number;
  /** How many heartbeat intervals a peer may stay silent. */
  readonly liveness: number;
  /** Ventilator to worker: where results go. */
  readonly sinks: readonly SinkAddress[];
  /** Ventilator to worker: which held attempts are leases again. The worker drops the others. */
  readonly adopted?: IdRuns | undefined;
  /** Sink to ventilator: its stable id. */
  readonly sinkId?: string | undefined;
}

export interface Refused {
  readonly verb: "REFUSED";
  /** A stable error code, `TQ_ERR_…`. */
  readonly code: string;
  readonly message: string;
  /** The endpoint that would be right, where the refusing side knows it. */
  readonly endpoint?: string | undefined;
}

/** "I do not know this session": say HELLO again. */
export interface Resync {
  readonly verb: "RESYNC";
  readonly bootId: BootId;
}

// ---- in a session, not numbered: repeatable, the last one counts ---------------------------------------------------

interface InSession {
  readonly session: SessionId;
  /** Highest number received in order from the other side. */
  readonly received: number;
}

export interface Heartbeat extends InSession {
  readonly verb: "HEARTBEAT";
  /** Highest number the sender has given out itself. */
  readonly sent: number;
  readonly grants?: Grants | undefined;
  readonly held?: HeldAttempts | undefined;
  /** Worker to ventilator: how many of the held attempts have not settled, queued or running. The others wait for their commit. */
  readonly unfinished?: number | undefined;
}

export interface Grant extends InSession {
  readonly verb: "GRANT";
  readonly grants: Grants;
}

export interface Bye extends InSession {
  readonly verb: "BYE";
  readonly reason: string;
}

/** From a worker's heart, over its own connection. */
export interface Heart {
  readonly verb: "HEART";
  readonly session: SessionId;
  readonly bootId: BootId;
  /** How long the main loop has not turned. */
  readonly stuckMs: number;
  /** Attempts whose handler has been called and has not settled. */
  readonly started: HeldAttempts;
}

/** A handler's `ctx.progress`. Lossy by design: a lost one is overtaken by the next. */
export interface Progress extends InSession {
  readonly verb: "PROGRESS";
  readonly ids: IdRuns;
  readonly values: Values;
}

// ---- in a session, numbered: delivered once and in order while the session lives -----------------------------------

interface Numbered extends InSession {
  /** From 1, per direction, without gaps. */
  readonly number: number;
}

/** Producer to ventilator: take these. One origin, one run. */
export interface Submit extends Numbered {
  readonly verb: "SUBMIT";
  readonly definition: DefinitionInfo;
  /** `answer`: the result comes back as ANSWER; `sink`: it goes to a sink. */
  readonly reply: "sink" | "answer";
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
}

export type UnnumberedMessage = Heartbeat | Grant | Bye | Progress;

export type NumberedMessage =
  | Submit
  | Accepted
  | Rejected
  | Settled
  | Answer
  | Answered
  | Cancel
  | Tasks
  | Return
  | Recall
  | Failed
  | Results
  | Committed
  | Done
  | Propose
  | LowMark
  | Closed
  | Sent;

export type SessionMessage = UnnumberedMessage | NumberedMessage;

export type Message = Hello | Welcome | Refused | Resync | Heart | SessionMessage;

export type Verb = Message["verb"];

type WithoutEnvelope<M> = M extends unknown ? Omit<M, "session" | "number" | "received"> : never;

/** A numbered message as a core writes it: the session adds its id, the number and what it has received. */
export type NumberedContent = WithoutEnvelope<NumberedMessage>;
/** The same for those that are not numbered. */
export type UnnumberedContent = WithoutEnvelope<UnnumberedMessage>;
