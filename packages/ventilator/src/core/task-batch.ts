/**
 * Accepted tasks as they came, one object per batch: payloads stay in the slab they arrived in, and what changes per
 * task lives in flat columns.
 *
 * A batch of a thousand tasks costs one object and three arrays; what only few tasks have (failures, a suspicion, an
 * error) is in a map that most batches never get.
 */
import type { OutcomeStatus, TaskPolicy } from "@tq/common";
import type { Reply } from "@tq/common/protocol";
import type { Origin, TaskOptionColumns, Values } from "@tq/common/wire";
import { prefixOffsets, sizesOfValues } from "@tq/common/wire";
import { type AttemptError, partOf } from "./journal/journal-port.ts";
import type { Owner } from "./owner.ts";

/**
 * Where a task is. `scheduled` and `ready` wait here, `leased` is at a worker, `settling` has an outcome that is proposed
 * to the sink or told to the caller and not yet confirmed, `settled` is forgotten with its batch.
 */
export const taskState = { scheduled: 0, ready: 1, leased: 2, settling: 3, settled: 4 } as const;

/** Neighbouring tasks of one batch, `to` exclusive. */
export interface Run {
  readonly batch: TaskBatch;
  from: number;
  readonly to: number;
}

/** The line that a batch's tasks stand in, as far as a batch needs to know it. */
export interface TaskQueue {
  readonly name: string;
  readonly contract: string | undefined;
  /** Tasks that are ready, suspects not counted. */
  ready: number;
  /** Ready, but each to be run alone. */
  readonly suspects: { readonly batch: TaskBatch; readonly index: number }[];
  push(run: Run, priority: number): void;
  pushFront(run: Run, priority: number): void;
}

/**
 * Whether a worker may have died of it. `suspect`: it was at one that died; `guilty-or-unlucky`: at another one, where
 * only suspects ran. A suspect that gets through a run is none any more.
 */
export type Suspicion = "none" | "suspect" | "guilty-or-unlucky";

/** What only few tasks have. */
export interface TaskTrouble {
  failures: number;
  /** Numbers of the attempts that took their workers down, each while running alone. */
  readonly crashes: Set<number>;
  suspicion: Suspicion;
  /** Number of the quarantine it was last handed out in. */
  keptApart: number;
  /** Why attempts of it failed, the latest last; `AttemptErrors` bounds them. */
  readonly errors: AttemptError[];
  /** When its next attempt is due, after a failure. */
  dueAt: number | undefined;
  /** Its expiry has passed while it was leased: if it comes back without an outcome, that is it. */
  isExpired: boolean;
  /** The outcome that waits to be confirmed, while `settling`. */
  proposed: OutcomeStatus | undefined;
}

export interface TaskBatchContent {
  readonly origin: Origin;
  readonly first: number;
  readonly count: number;
  readonly owner: Owner;
  readonly queue: TaskQueue;
  /** Of the submitter; absent: the worker's definition says. */
  readonly policy: TaskPolicy | undefined;
  readonly reply: Reply;
  /** Id of the sink that gets its results, where that has been decided. */
  readonly sink?: string | undefined;
  /** Handed on from another ventilator, which may have it, too. */
  readonly isHandedOn?: boolean | undefined;
  readonly options: TaskOptionColumns;
  readonly values: Values;
  /** From when the spans in the options count. */
  readonly acceptedAt: number;
}

const noValues: Values = { lengths: [], slab: new Uint8Array(0) };
const nothing = new Uint32Array(0);

export class TaskBatch {
  readonly origin: Origin;
  readonly first: number;
  readonly count: number;
  /** Who is told what becomes of it; another one once somebody else has claimed it. */
  owner: Owner;
  readonly queue: TaskQueue;
  readonly policy: TaskPolicy | undefined;
  readonly reply: Reply;
  readonly acceptedAt: number;
  readonly isHandedOn: boolean;
  /** Attempts that are not known here may have been made: by another ventilator, or by an earlier start of this one. */
  mayHaveRun: boolean;
  /** Id of the sink that gets its results; undecided until somebody asks. */
  sink: string | undefined;
  /** Its number in the journal; 0: it is in none. */
  journalNumber = 0;
  /** An earlier start of this ventilator accepted it. */
  isReplayed = false;
  options: TaskOptionColumns;
  values: Values;
  /** Where each payload begins in the slab. */
  offsets: Uint32Array;
  /** The bytes of all payloads before each one, attachments included. */
  #sizes: Uint32Array;
  /** One of `taskState` per task. */
  readonly state: Uint8Array;
  /** Number of the last lease, 0 before the first. */
  attempt: Uint32Array;
  /** Number of the worker that holds the lease; meaningful while `leased`. */
  holder: Uint32Array;
  unsettled: number;
  /** Parts, as the journal has them, with tasks whose trouble has changed since it was handed to the journal. */
  readonly changedParts = new Set<number>();
  #trouble: Map<number, TaskTrouble> | undefined;

  constructor(content: TaskBatchContent) {
    this.origin = content.origin;
    this.first = content.first;
    this.count = content.count;
    this.owner = content.owner;
    this.queue = content.queue;
    this.policy = content.policy;
    this.reply = content.reply;
    this.sink = content.sink;
    this.isHandedOn = content.isHandedOn === true;
    this.mayHaveRun = this.isHandedOn;
    this.acceptedAt = content.acceptedAt;
    this.options = content.options;
    this.values = content.values;
    this.offsets = prefixOffsets(content.values.lengths);
    const hasAttachments = content.values.attachments !== undefined;
    this.#sizes = hasAttachments ? prefixOffsets(sizesOfValues(content.values)) : this.offsets;
    this.state = new Uint8Array(content.count);
    this.attempt = new Uint32Array(content.count);
    this.holder = new Uint32Array(content.count);
    this.unsettled = content.count;
  }

  bytesOf(from: number, to: number): number {
    return (this.#sizes[to] ?? 0) - (this.#sizes[from] ?? 0);
  }

  /** To be looked at. */
  trouble(index: number): Readonly<TaskTrouble> | undefined {
    return this.#trouble?.get(index);
  }

  /** To be changed. */
  troubleOf(index: number): TaskTrouble {
    this.changedParts.add(partOf(index));
    this.#trouble ??= new Map();
    let trouble = this.#trouble.get(index);
    if (trouble === undefined) {
      trouble = {
        failures: 0,
        crashes: new Set(),
        suspicion: "none",
        keptApart: 0,
        errors: [],
        dueAt: undefined,
        isExpired: false,
        proposed: undefined,
      };
      this.#trouble.set(index, trouble);
    }
    return trouble;
  }

  forgetTrouble(index: number): void {
    if (this.#trouble?.delete(index) === true) this.changedParts.add(partOf(index));
  }

  isSuspect(index: number): boolean {
    return (this.#trouble?.get(index)?.suspicion ?? "none") !== "none";
  }

  /** Lets go of what a settled batch no longer needs; its ids stay known to the table until it is dropped there. */
  release(): void {
    this.values = noValues;
    this.options = {};
    this.offsets = nothing;
    this.#sizes = nothing;
    this.attempt = nothing;
    this.holder = nothing;
    this.#trouble = undefined;
    this.changedParts.clear();
  }
}
