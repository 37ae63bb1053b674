/**
 * Batches that are to be accepted and are not safe in the journal yet: nobody works on them, and nobody has been told
 * anything about them.
 *
 * They count for the limits of what is held. What comes again meanwhile is not written twice, and what is cancelled
 * meanwhile ends as soon as it is accepted.
 */
import { formatTaskId } from "@tq/common";
import { idRun, SeqSet } from "@tq/common/protocol";
import type { Origin } from "@tq/common/wire";
import type { IdempotencyKeys } from "../idempotency/idempotency-keys.ts";
import type { Owner } from "../owner.ts";
import { attachTo } from "../reclaims.ts";
import type { Submission } from "../submission.ts";
import type { TaskBatch } from "../task-batch.ts";
import type { TaskLifecycle } from "../task-lifecycle.ts";
import type { TaskTable } from "../task-table.ts";
import type { JournaledSubmission } from "./journal-port.ts";
import type { JournalWriter, Verdict } from "./journal-writer.ts";

export interface PendingBatchParts {
  readonly journal: JournalWriter;
  readonly table: TaskTable;
  readonly lifecycle: TaskLifecycle;
  readonly keys: IdempotencyKeys;
}

interface PendingOrigin {
  readonly ids: SeqSet;
  /** With the tasks of each that are cancelled already, by index. */
  readonly batches: Map<TaskBatch, Set<number>>;
}

export const storageFullMessage = "the ventilator's journal has no room left; try again later";

export class PendingBatches implements Verdict {
  readonly #parts: PendingBatchParts;
  readonly #origins = new Map<Origin, PendingOrigin>();
  /** How many tasks they hold. */
  tasks = 0;

  constructor(parts: PendingBatchParts) {
    this.#parts = parts;
  }

  /** How many ids of a run are in it. */
  overlap(origin: Origin, first: number, count: number): number {
    return this.#origins.get(origin)?.ids.overlap(first, count) ?? 0;
  }

  add(batch: TaskBatch, submission: JournaledSubmission): void {
    const { origin, first, count } = batch;
    let pending = this.#origins.get(origin);
    if (pending === undefined) {
      pending = { ids: new SeqSet(), batches: new Map() };
      this.#origins.set(origin, pending);
    }
    pending.ids.addRun(first, count);
    pending.batches.set(batch, new Set());
    this.tasks += count;
    this.#parts.table.hold(count, batch.bytesOf(0, count));
    this.#parts.journal.accept(batch, submission, this);
  }

  find(origin: Origin, seq: number): TaskBatch | undefined {
    const pending = this.#origins.get(origin);
    if (pending?.ids.has(seq) !== true) return undefined;
    for (const batch of pending.batches.keys()) {
      if (batch.first <= seq && seq < batch.first + batch.count) return batch;
    }
    return undefined;
  }

  /** The same tasks came again: whoever handed them over is told what becomes of their batch. */
  attach(owner: Owner, { ids, handedOn }: Submission): void {
    const [origin = ""] = ids.origins;
    const [, first = 0] = ids.runs;
    const batch = this.find(origin, first);
    if (batch === undefined) return;
    attachTo(owner, batch);
    if (handedOn === true) batch.mayHaveRun = true;
  }

  /** False if this owner has no such task here. */
  cancel(owner: Owner, origin: Origin, seq: number): boolean {
    const batch = this.find(origin, seq);
    if (batch?.owner !== owner) return false;
    this.#origins
      .get(origin)
      ?.batches.get(batch)
      ?.add(seq - batch.first);
    return true;
  }

  written(batch: TaskBatch): void {
    const { lifecycle } = this.#parts;
    const cancelled = this.#take(batch);
    lifecycle.accept(batch);
    batch.owner.accepted(idRun(batch.origin, batch.first, batch.count));
    for (const index of cancelled) lifecycle.end(batch, index, "cancelled");
  }

  refused(batch: TaskBatch): void {
    this.#take(batch);
    const { owner, origin, first, count } = batch;
    const [code, message] = ["TQ_ERR_STORAGE_FULL", storageFullMessage];
    owner.unsettled -= count;
    owner.rejected(idRun(origin, first, count), code, message);
    if (batch.options.key !== undefined) this.#parts.keys.refused(batch, { code, message });
  }

  /**
   * The end. A remote producer keeps what was not acknowledged and finds out; in this process nobody can any more: what may
   * have been written is said to be of unknown outcome.
   */
  close(): void {
    for (const batch of this.#parts.journal.close()) this.#take(batch);
    for (const { batches } of this.#origins.values()) {
      for (const { owner, origin, first, count } of batches.keys()) {
        if (owner.isRemote) continue;
        const message = "the ventilator was closed before its journal had confirmed this";
        owner.rejected(idRun(origin, first, count), "TQ_ERR_UNKNOWN_OUTCOME", message);
      }
    }
  }

  /** Ids of their tasks as text, at most `max`. */
  firstIds(max: number): string[] {
    const ids: string[] = [];
    for (const { batches } of this.#origins.values()) {
      for (const { origin, first, count } of batches.keys()) {
        for (let seq = first; seq < first + count; seq++) {
          if (ids.length >= max) return ids;
          ids.push(formatTaskId(origin, seq));
        }
      }
    }
    return ids;
  }

  /** Returns which of its tasks were cancelled. */
  #take(batch: TaskBatch): ReadonlySet<number> {
    const { origin, first, count } = batch;
    const pending = this.#origins.get(origin);
    const cancelled = pending?.batches.get(batch) ?? new Set();
    pending?.ids.deleteRun(first, count);
    pending?.batches.delete(batch);
    if (pending?.batches.size === 0) this.#origins.delete(origin);
    this.tasks -= count;
    this.#parts.table.hold(-count, -batch.bytesOf(0, count));
    return cancelled;
  }
}
