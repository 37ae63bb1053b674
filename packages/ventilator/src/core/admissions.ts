/**
 * What owners ask for: take these tasks, cancel those, I have these answers.
 *
 * An id is accepted once: a submission that comes again is acknowledged and changes nothing.
 */
import { formatTaskId } from "@tq/common";
import { countIds, forEachId, forEachRun, idRun } from "@tq/common/protocol";
import { type IdRuns, ownedValues } from "@tq/common/wire";
import type { DefinitionQueues } from "./definition-queues.ts";
import type { IdempotencyKeys } from "./idempotency/idempotency-keys.ts";
import type { JournalWriter } from "./journal/journal-writer.ts";
import { type PendingBatches, storageFullMessage } from "./journal/pending-batches.ts";
import type { Owner } from "./owner.ts";
import type { PushLane } from "./push-lane.ts";
import { reclaim } from "./reclaims.ts";
import type { Settlement } from "./settlement.ts";
import type { SinkAssignment } from "./sink-peers.ts";
import type { Submission } from "./submission.ts";
import { TaskBatch, taskState } from "./task-batch.ts";
import type { TaskLifecycle } from "./task-lifecycle.ts";
import type { TaskTable } from "./task-table.ts";

export interface AdmissionParts {
  readonly table: TaskTable;
  readonly queues: DefinitionQueues;
  readonly lifecycle: TaskLifecycle;
  readonly settlement: Settlement;
  readonly push: PushLane;
  readonly assignment: SinkAssignment;
  /** With a journal only. */
  readonly journal: JournalWriter | undefined;
  readonly pending: PendingBatches | undefined;
  readonly keys: IdempotencyKeys;
  readonly hasSinks: boolean;
}

export class Admissions {
  readonly #parts: AdmissionParts;
  /** Set while draining: remote producers are told that nothing new is taken. */
  isClosed = false;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  submit(now: number, owner: Owner, submission: Submission): void {
    const { ids, reply, options } = submission;
    const [origin] = ids.origins;
    const [, first, count] = ids.runs;
    if (origin === undefined || first === undefined || count !== countIds(ids)) {
      return owner.rejected(ids, "TQ_ERR_PROTOCOL", "a submission holds one run of one origin");
    }
    if (options.key === undefined) return this.#admit(now, owner, submission);
    if (reply !== "sink") {
      const message = "an idempotency key needs a task whose result goes to a sink over the credit lane";
      return owner.rejected(ids, "TQ_ERR_PROTOCOL", message);
    }
    const { table, pending, keys } = this.#parts;
    keys.submit(
      now,
      { owner, submission },
      {
        isKnown: (of, seq) => table.wasAccepted(of, seq) || (pending?.overlap(of, seq, 1) ?? 0) > 0,
        admit: (part) => this.#admit(now, owner, part),
      },
    );
  }

  #admit(now: number, owner: Owner, submission: Submission): void {
    const { table, queues, lifecycle, push, assignment, journal, pending, hasSinks } = this.#parts;
    const { ids, definition, reply } = submission;
    const [origin = ""] = ids.origins;
    const [, first = 0, count = 0] = ids.runs;
    if (reply === "push" && !(this.isClosed && owner.isRemote)) return push.submit(now, owner, submission);
    const admission = table.admission(origin, first, count);
    if (admission === "known") {
      const { ended } = reclaim(owner, table, ids);
      if (submission.handedOn === true) table.handedOn(origin, first, count);
      journal?.own(origin, owner, submission.handedOn);
      owner.accepted(ids);
      if (reply === "sink" && countIds(ended) > 0) owner.ended(ended);
      return;
    }
    const waiting = pending?.overlap(origin, first, count) ?? 0;
    // It is accepted, or refused, when it is known whether it is safe.
    if (waiting === count) {
      journal?.own(origin, owner, submission.handedOn);
      return pending?.attach(owner, submission);
    }
    if (admission === "overlapping" || waiting > 0) {
      const message = `some, not all, of ${formatTaskId(origin, first)} and the next ${count - 1} were accepted before`;
      return owner.rejected(ids, "TQ_ERR_PROTOCOL", message);
    }
    if (this.isClosed && owner.isRemote)
      return owner.rejected(ids, "TQ_ERR_CLOSED", "the ventilator is draining and takes no more");
    if (reply === "sink" && !hasSinks) {
      const message =
        "the ventilator was started without sinks; give it some, or use run or map to get results back";
      return owner.rejected(ids, "TQ_ERR_NO_SINK", message);
    }
    if (reply === "sink" && journal?.isFull === true)
      return owner.rejected(ids, "TQ_ERR_STORAGE_FULL", storageFullMessage);
    owner.origins.add(origin);
    owner.unsettled += count;
    const queue = queues.of(definition);
    const { policy } = definition;
    const { options, sink, handedOn: isHandedOn } = submission;
    const values = ownedValues(submission.values);
    const how = { policy, reply, sink, isHandedOn, options };
    const batch = new TaskBatch({ origin, first, count, owner, queue, ...how, values, acceptedAt: now });
    if (options.key !== undefined) this.#parts.keys.register(now, batch);
    if (reply === "sink" && pending !== undefined) {
      // Chosen before it is written: after a restart it must be the same one.
      assignment.of(batch);
      return pending.add(batch, {
        definition,
        reply,
        sink: batch.sink,
        handedOn: isHandedOn,
        ids,
        options,
        values,
      });
    }
    owner.accepted(ids);
    lifecycle.accept(batch);
  }

  /** Each id is answered: with SETTLED when its outcome is known, with a rejection if there is no such task. */
  cancel(owner: Owner, ids: IdRuns): void {
    const { table, lifecycle, push, pending } = this.#parts;
    forEachId(ids, (origin, seq) => {
      if (push.cancel(owner, origin, seq) || pending?.cancel(owner, origin, seq) === true) return;
      const batch = table.find(origin, seq);
      const index = batch === undefined ? -1 : seq - batch.first;
      if (batch === undefined || batch.owner !== owner || batch.state[index] === taskState.settled) {
        const message = `${formatTaskId(origin, seq)} is not a task that waits or runs here`;
        return owner.rejected(idRun(origin, seq, 1), "TQ_ERR_UNKNOWN_TASK", message);
      }
      lifecycle.end(batch, index, "cancelled");
    });
  }

  /** The caller has the outcomes of these answered tasks. */
  answered(ids: IdRuns): void {
    const { table, settlement } = this.#parts;
    forEachRun(ids, ({ origin, first, count }) => {
      for (let seq = first; seq < first + count; ) {
        const batch = table.find(origin, seq);
        if (batch === undefined) {
          seq += 1;
          continue;
        }
        const from = seq - batch.first;
        const to = Math.min(batch.count, first + count - batch.first);
        if (batch.reply === "answer" && batch.unsettled > 0) {
          for (let index = from; index < to; index++) {
            if (batch.state[index] !== taskState.settling) continue;
            const outcome = batch.trouble(index)?.proposed ?? "completed";
            settlement.settle(batch, { from: index, to: index + 1 }, outcome);
          }
        }
        seq = batch.first + to;
      }
    });
  }

  /** The owner is gone for good: its answered tasks are given up, and their ids forgotten. Returns how many. */
  abandon(owner: Owner): number {
    const { table, lifecycle, settlement } = this.#parts;
    let count = 0;
    for (const batch of [...table.unsettledBatches()]) {
      if (batch.owner !== owner || batch.reply !== "answer") continue;
      for (let index = 0; index < batch.count; index++) {
        if (batch.state[index] === taskState.settled) continue;
        lifecycle.detach(batch, { from: index, to: index + 1 }, undefined);
        settlement.settle(batch, { from: index, to: index + 1 }, "cancelled");
        count += 1;
      }
    }
    for (const origin of owner.origins) if (!table.isSinkBound(origin)) table.forget(origin);
    return count;
  }
}
