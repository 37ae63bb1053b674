/** A worker as the ventilator sees it, for one session. */
import type { TaskPolicy } from "@tq/common";
import { CreditAccount, IdRunsBuilder, type ServerSession } from "@tq/common/protocol";
import type { DefinitionInfo, FullSink, HeldAttempts, IdRuns, Origin } from "@tq/common/wire";
import type { TaskBatch, TaskQueue } from "./task-batch.ts";

/** One definition of one worker: what a queue hands tasks to. */
export interface WorkerDefinition {
  readonly worker: WorkerPeer;
  /** Index in the worker's HELLO. */
  readonly index: number;
  readonly info: DefinitionInfo;
  readonly credit: CreditAccount;
  /** It is to start none of these: they are paused there, or it leaves. */
  isPaused: boolean;
  /** Sinks that it has no room for results for, as it said last. */
  full: ReadonlySet<string>;
}

/**
 * open: takes whatever comes · asked: gets nothing more until it says RESERVED · reserved: runs nothing, and nobody else's
 * tasks · screening: runs suspects and nothing else · alone: runs one suspect and nothing else · over: what it was reserved
 * for is through, or it may not be reserved any more; it is to be told in this turn.
 */
export type Quarantine = "open" | "asked" | "reserved" | "screening" | "alone" | "over";

export class WorkerPeer {
  /** Names this worker in the columns of batches; from 1, never used twice. */
  readonly number: number;
  readonly session: ServerSession;
  readonly definitions: readonly WorkerDefinition[];
  /** Leases it holds, all batches. */
  leases = 0;
  /** The same per batch, so that the leases of a dead worker are found without searching all tasks. */
  readonly leasesByBatch = new Map<TaskBatch, number>();
  quarantine: Quarantine = "open";
  /** Number of the last RESERVE; see `TaskTrouble.keptApart`. */
  reservation = 0;
  reservedAt = 0;
  /** When it was last asked and was not empty soon enough, or of no use. */
  triedAt = Number.NEGATIVE_INFINITY;
  /** Leases that only wait for their commit, as far as it has said. */
  #settledLeases = 0;
  /** What its heart last said. */
  started: HeldAttempts | undefined;
  isBlocked = false;
  /** It was asked to drain. */
  isLeaving = false;
  /** When it was last asked to give something back; answered by RETURN, or by nothing. */
  recalledAt = Number.NEGATIVE_INFINITY;
  /** Held attempts that became leases again when it joined. */
  adopted: IdRuns | undefined;
  readonly #cancels = new IdRunsBuilder();
  readonly #committed = new IdRunsBuilder();

  /** Those that are to be told something. */
  readonly #untold: Set<WorkerPeer>;

  constructor(number: number, session: ServerSession, untold: Set<WorkerPeer>) {
    this.number = number;
    this.session = session;
    this.#untold = untold;
    this.definitions = session.hello.definitions.map((info, index) => ({
      worker: this,
      index,
      info,
      credit: new CreditAccount(),
      isPaused: false,
      full: noSinks,
    }));
  }

  get tags(): readonly string[] {
    return this.session.hello.tags;
  }

  get name(): string {
    return this.session.hello.name;
  }

  /** It has said which sinks it has no room for, all of them. False if it named a definition that it has not announced. */
  heardFull(sinks: readonly FullSink[]): boolean {
    const byDefinition = new Map<WorkerDefinition, Set<string>>();
    for (const { definition, sink } of sinks) {
      const announced = this.definitions[definition];
      if (announced === undefined) return false;
      byDefinition.set(announced, (byDefinition.get(announced) ?? new Set()).add(sink));
    }
    for (const definition of this.definitions) definition.full = byDefinition.get(definition) ?? noSinks;
    return true;
  }

  lease(batch: TaskBatch, count: number): void {
    this.leases += count;
    this.leasesByBatch.set(batch, (this.leasesByBatch.get(batch) ?? 0) + count);
  }

  /** What it was kept apart for has been run. */
  endQuarantine(): void {
    if (this.quarantine === "alone" || this.quarantine === "screening") this.quarantine = "over";
  }

  /** What it announced for tasks of this name and contract id. */
  policyFor(queue: TaskQueue): TaskPolicy | undefined {
    const fits = ({ info }: WorkerDefinition) =>
      info.name === queue.name && (queue.contract === undefined || info.contract === queue.contract);
    return this.definitions.find(fits)?.info.policy;
  }

  /** Leases that may be queued or running there. */
  get unfinished(): number {
    return this.leases - this.#settledLeases;
  }

  /** It has said that so many of its present leases are queued or running. */
  heardUnfinished(count: number): void {
    this.#settledLeases = Math.max(0, this.leases - count);
    if (this.unfinished === 0) this.endQuarantine();
  }

  release(batch: TaskBatch, count: number): void {
    this.leases -= count;
    this.#settledLeases = Math.max(0, this.#settledLeases - count);
    const left = (this.leasesByBatch.get(batch) ?? 0) - count;
    if (left > 0) this.leasesByBatch.set(batch, left);
    else this.leasesByBatch.delete(batch);
    if (this.leases === 0) this.endQuarantine();
  }

  /** It is to stop running this; told in this turn, before it is handed anything new. */
  cancel(origin: Origin, seq: number): void {
    this.#cancels.add(origin, seq);
    this.#untold.add(this);
  }

  /** Its answers of these tasks are taken, or not needed; told in this turn. */
  committed(origin: Origin, first: number, count: number): void {
    this.#committed.addRun(origin, first, count);
    this.#untold.add(this);
  }

  tell(now: number): void {
    if (this.#cancels.count > 0) this.session.send(now, { verb: "CANCEL", ids: this.#cancels.take() });
    if (this.#committed.count > 0) {
      this.session.send(now, { verb: "COMMITTED", outcome: "completed", ids: this.#committed.take() });
    }
  }
}

const noSinks: ReadonlySet<string> = new Set();
