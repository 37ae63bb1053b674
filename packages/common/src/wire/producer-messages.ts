/** What a producer and a ventilator tell each other besides tasks and outcomes: duplicates, what was kept, sinks, questions. */
import type { IdRuns, SparseColumn, Values } from "./message-structures.ts";
import type { Numbered } from "./session-messages.ts";

/** Ventilator to producer: not accepted, because tasks with the same idempotency keys were. */
export interface Duplicate extends Numbered {
  readonly verb: "DUPLICATE";
  readonly ids: IdRuns;
  /** The ids of those tasks, as many, in the same order. */
  readonly of: IdRuns;
  /** Of those that were submitted with one: it tells their trace. */
  readonly traceparent?: SparseColumn<string> | undefined;
}

/** Producer to another start of a ventilator: the start before accepted these. */
export interface Reclaim extends Numbered {
  readonly verb: "RECLAIM";
  readonly ids: IdRuns;
}

/** Ventilator to producer: what has become of what was reclaimed. It has those that are in neither list. */
export interface Reclaimed extends Numbered {
  readonly verb: "RECLAIMED";
  /** Over by now; with which outcome is not known any more. */
  readonly ended: IdRuns;
  /** Never heard of: to be submitted again. */
  readonly unknown: IdRuns;
}

/** Ventilator to producer: its sinks by their ids. The last one counts. */
export interface Sinks extends Numbered {
  readonly verb: "SINKS";
  readonly here: readonly string[];
  readonly away: readonly string[];
}

/** Producer to ventilator: a question about what it keeps, or something to be done with it. */
export interface Request extends Numbered {
  readonly verb: "REQUEST";
  /** From 1, growing over the session; RESPONSE repeats it. */
  readonly request: number;
  /** Which question. */
  readonly method: string;
  /** One value: its parameters. */
  readonly values: Values;
}

/** Ventilator to producer: the answer. */
export interface Response extends Numbered {
  readonly verb: "RESPONSE";
  readonly request: number;
  /** A stable error code, `TQ_ERR_…`, if it could not be done. */
  readonly code?: string | undefined;
  /** For people; with `code`. */
  readonly message?: string | undefined;
  /** One value: the answer; nil with `code`. */
  readonly values: Values;
}
