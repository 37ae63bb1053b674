/**
 * One attempt that this worker has, from its TASKS to its commit, what it shares with others, and the pool it comes from.
 *
 * Objects of one shape that are used again, with the links of the queues inside: in steady state a task costs no allocation
 * here. Columns (a typed array per field) would save little and read worse.
 */
import type { RemoteError } from "@tq/common";
import type { Session } from "@tq/common/protocol";
import type { Origin, Values, ValuesEncoder } from "@tq/common/wire";
import type { Fifo } from "./fifo.ts";

/**
 * free → queued → running → computed (has a result) → offered (the result was sent) → free.
 * skipped: dropped, and freed as soon as the queue that it is still in comes to it.
 */
export type AttemptState = "free" | "queued" | "running" | "computed" | "offered" | "skipped";

/** Where results go: a sink, or for answered tasks the ventilator. */
export interface Outlet {
  readonly isSink: boolean;
  readonly session: Session | undefined;
  /** Attempts whose results go there, in any state. */
  owed: number;
  /** Results for it that are not committed: so many more, or fewer. */
  count(definition: number, tasks: number, bytes: number): void;
  /** Tasks of this definition whose results go there are not taken at present. */
  isOver(definition: number): boolean;
  /** Results that may be sent now, in tasks; none if `bytes` is 0. */
  allowance(definition: number): { readonly tasks: number; readonly bytes: number };
  spend(definition: number, tasks: number, bytes: number): void;
}

/** What one way of results has in common: they share messages. */
export interface Lane {
  /** Place of the ventilator among the worker's. */
  readonly ventilator: number;
  /** Of the ventilator's last WELCOME. */
  epoch: number;
  readonly definition: number;
  readonly outlet: Outlet;
  readonly encoder: ValuesEncoder;
  /** Those whose results are in the encoder, in its order. */
  encoding: Attempt[];
  /** Those whose results are to be sent. */
  readonly ready: Fifo<Attempt>;
  /** In the list of lanes with something to send. */
  isListed: boolean;
}

/** What the tasks of one TASKS message share. */
export interface TaskBatch {
  readonly lane: Lane;
  /** The inputs; let go when the last of them has left the queue. */
  slab: Uint8Array | undefined;
  unstarted: number;
}

/** Encoded results of one turn. */
export interface ResultBlock {
  readonly values: Values;
  readonly offsets: Uint32Array;
}

/** Where outcomes of pushed tasks gather: those of one definition, of one start of a ventilator, for one sink. */
export interface PushedLane {
  /** Place of the ventilator among the worker's. */
  readonly ventilator: number;
  readonly epoch: number;
  /** Place among the worker's. */
  readonly definition: number;
  /** Errors: those of `ValuesEncoder.add`; then nothing was taken. */
  completed(attempt: Attempt, output: unknown): void;
  failed(attempt: Attempt, error: RemoteError): void;
  expired(attempt: Attempt): void;
}

/** Where attempts are found by their seq. */
export interface AttemptHome {
  readonly origin: Origin;
  delete(attempt: Attempt): void;
}

export class Attempt {
  next: Attempt | undefined = undefined;
  state: AttemptState = "free";
  home: AttemptHome | undefined = undefined;
  /** Of the push lane: where its outcome gathers. Then it has no batch, and is made only when it runs. */
  pushed: PushedLane | undefined = undefined;
  batch: TaskBatch | undefined = undefined;
  seq = 0;
  /** Number of the attempt, from 1. */
  number = 1;
  /** The ventilator counts it as a lease of this worker. Not so: only its result is still to be offered. */
  isHeld = false;
  /** Leased in an earlier session and adopted by this one: counted apart from what this session granted. */
  isCarried = false;
  /** Named by the WELCOME that is being handled. */
  isAdopted = false;
  /** Where the input is in the slab of its batch. */
  inputFrom = 0;
  inputTo = 0;
  /** Its size, attachments included: what it uses of the credit. */
  inputBytes = 0;
  /** Of the input; let go when its handler is called. */
  attachments: readonly Uint8Array[] | undefined = undefined;
  timeoutMs = 0;
  expiresAt = Number.POSITIVE_INFINITY;
  traceparent: string | undefined = undefined;
  slot = 0;
  /** Number of the call of its handler. */
  run = 0;
  deadlineAt = 0;
  durationUs = 0;
  resultBytes = 0;
  block: ResultBlock | undefined = undefined;
  /** Place of the result in its block. */
  blockAt = 0;
}

/** Attempts that are free now, to be used again. */
export class AttemptPool {
  readonly #free: Attempt[] = [];

  take(): Attempt {
    return this.#free.pop() ?? new Attempt();
  }

  /** Clears what would keep memory alive; whoever takes it sets the rest. */
  give(attempt: Attempt): void {
    attempt.state = "free";
    attempt.home = undefined;
    attempt.pushed = undefined;
    attempt.batch = undefined;
    attempt.attachments = undefined;
    attempt.traceparent = undefined;
    attempt.block = undefined;
    attempt.next = undefined;
    this.#free.push(attempt);
  }
}
