/** What several messages share. */
import type { TaskPolicy } from "../contract/index.ts";

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
  /** Large binaries, which the values name and do not hold. Absent where there are none. */
  readonly attachments?: Attachments | undefined;
}

/** In the order of the tasks, and within a task in the order in which its value names them. */
export interface Attachments {
  /** For each one, the position of its task. Never falls. */
  readonly at: readonly number[];
  readonly frames: readonly Uint8Array[];
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
  /** How long after the task's end its key is remembered. */
  readonly keyKeptMs?: SparseColumn<number> | undefined;
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

/** Results of one definition that wait at a worker for one sink are as many as it keeps for that sink. */
export interface FullSink {
  /** Index into the definitions of the worker's HELLO. */
  readonly definition: number;
  /** Id of the sink, as in WELCOME and TASKS. */
  readonly sink: string;
}

export type Role = "worker" | "producer" | "ventilator" | "sink";

export interface SinkAddress {
  /** Stable over restarts where the sink has a store; else its boot id. */
  readonly id: string;
  readonly endpoint: string;
  /** Where its PULL is bound, if it takes part in the push lane. */
  readonly push?: string | undefined;
}
