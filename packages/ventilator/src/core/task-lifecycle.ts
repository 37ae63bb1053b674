/**
 * The transitions of a task, each in one place: accept, make ready, lease, give back, fail, settle.
 *
 * Every change of a state column happens here, together with the counters that depend on it. Who decides on a transition
 * (dispatcher, worker messages, timers) is elsewhere; what an outcome means for owner and sink is `Settlement`'s.
 */
import { defaultPolicy, type RemoteError, type TaskPolicy } from "@tq/common";
import { backoffMs, SparseReader } from "@tq/common/protocol";
import type { AttemptErrors } from "./attempt-errors.ts";
import type { VentilatorEvent } from "./events.ts";
import type { IdempotencyKeys } from "./idempotency/idempotency-keys.ts";
import { afterSync } from "./journal/after-sync.ts";
import type { JournalWriter } from "./journal/journal-writer.ts";
import type { Schedule } from "./schedule.ts";
import type { Settlement } from "./settlement.ts";
import { type TaskBatch, taskState } from "./task-batch.ts";
import type { TaskEvents } from "./task-events.ts";
import { referenceTo } from "./task-reference.ts";
import type { TaskTable } from "./task-table.ts";
import type { WorkerPeer } from "./worker-peer.ts";
import type { Workers } from "./workers.ts";

export interface LifecycleParts {
  readonly errors: AttemptErrors;
  readonly keys: IdempotencyKeys;
  readonly table: TaskTable;
  readonly schedule: Schedule;
  readonly settlement: Settlement;
  readonly workers: Workers;
  readonly journal: JournalWriter | undefined;
  readonly taskEvents: TaskEvents;
  readonly report: (event: VentilatorEvent) => void;
  readonly random: () => number;
}

export interface Failure {
  readonly error: RemoteError;
  /** Another attempt would be useless. */
  readonly final: boolean;
  /** The handler's own wish. */
  readonly afterMs: number | undefined;
}

export class TaskLifecycle {
  readonly #parts: LifecycleParts;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  accept(batch: TaskBatch): void {
    this.#parts.table.add(batch);
    if (batch.options.key !== undefined) this.#parts.keys.accepted(batch);
    this.#parts.taskEvents.accepted(batch);
    const { notBeforeMs, expiresMs } = batch.options;
    const { acceptedAt } = batch;
    const { schedule } = this.#parts;
    for (const [column, index] of entries(expiresMs)) {
      schedule.add({ at: acceptedAt + column, kind: "expire", batch, index });
    }
    let from = 0;
    for (const [delayMs, index] of entries(notBeforeMs)) {
      if (index > from) this.makeReady(batch, { from, to: index });
      schedule.add({ at: acceptedAt + delayMs, kind: "ready", batch, index });
      from = index + 1;
    }
    if (from < batch.count) this.makeReady(batch, { from, to: batch.count });
  }

  /** Scheduled tasks of `[from, to)` may be handed out: at the end of the line, or first if they were before. */
  makeReady(batch: TaskBatch, range: { from: number; to: number }, place: "back" | "front" = "back"): void {
    const { from, to } = range;
    const { queue } = batch;
    let plain = 0;
    for (let index = from; index < to; index++) {
      if (batch.state[index] !== taskState.scheduled) continue;
      batch.state[index] = taskState.ready;
      if (!batch.isSuspect(index)) plain += 1;
      else if (place === "front") queue.suspects.unshift({ batch, index });
      else queue.suspects.push({ batch, index });
    }
    if (plain === 0) return;
    queue.ready += plain;
    for (const run of runsByPriority(batch, from, to)) {
      if (place === "front") queue.pushFront({ batch, from: run.from, to: run.to }, run.priority);
      else queue.push({ batch, from: run.from, to: run.to }, run.priority);
    }
  }

  /** Ready tasks of `[from, to)` leave the line without being handed out: they wait for something else. */
  park(batch: TaskBatch, range: { from: number; to: number }): void {
    const { from, to } = range;
    for (let index = from; index < to; index++) {
      if (batch.state[index] !== taskState.ready) continue;
      batch.queue.ready -= batch.isSuspect(index) ? 0 : 1;
      batch.state[index] = taskState.scheduled;
    }
  }

  /** Ready tasks of `[from, to)` become leases of a worker; each gets its next attempt number. */
  lease(worker: WorkerPeer, batch: TaskBatch, range: { from: number; to: number }): void {
    const { state, attempt, holder } = batch;
    for (let index = range.from; index < range.to; index++) {
      if (!batch.isSuspect(index)) batch.queue.ready -= 1;
      state[index] = taskState.leased;
      attempt[index] = (attempt[index] ?? 0) + 1;
      holder[index] = worker.number;
    }
    worker.lease(batch, range.to - range.from);
    this.#parts.taskEvents.leased(worker, batch, range);
  }

  /**
   * A worker still has an attempt that was taken from it: it is a lease again. False if it has moved on. `isEarlier`: an
   * earlier start of this ventilator has handed it out, whose number is taken over, unless a later attempt was made since.
   */
  adopt(
    worker: WorkerPeer,
    batch: TaskBatch,
    held: { index: number; attempt: number; isEarlier: boolean },
  ): boolean {
    const { index } = held;
    const trouble = batch.trouble(index) && batch.troubleOf(index);
    // Whoever comes back with an attempt has not died of it.
    if (trouble?.crashes.delete(held.attempt) === true) this.#parts.errors.withdraw(trouble, held.attempt);
    const state = batch.state[index];
    const waits = state === taskState.ready || state === taskState.scheduled;
    const last = batch.attempt[index] ?? 0;
    const isLast = held.isEarlier ? batch.isReplayed && held.attempt >= last : held.attempt === last;
    if (trouble !== undefined) this.#parts.journal?.changed(batch);
    if (!waits || !isLast) return false;
    if (state === taskState.ready && !batch.isSuspect(index)) batch.queue.ready -= 1;
    if (trouble !== undefined) trouble.suspicion = "none";
    batch.state[index] = taskState.leased;
    batch.attempt[index] = held.attempt;
    batch.holder[index] = worker.number;
    worker.lease(batch, 1);
    return true;
  }

  /** A lease ends without an outcome and without blame: first in line again. */
  giveBack(batch: TaskBatch, index: number): void {
    this.#unlease(batch, index);
    if (this.#expires(batch, index)) return;
    batch.state[index] = taskState.scheduled;
    this.makeReady(batch, { from: index, to: index + 1 }, "front");
  }

  /** A lease ended in a failure: another attempt after a while, or the end. */
  fail(
    now: number,
    task: { batch: TaskBatch; index: number; policy: TaskPolicy | undefined },
    failure: Failure,
  ): void {
    const { batch, index } = task;
    const holder = this.#unlease(batch, index);
    const trouble = batch.troubleOf(index);
    const policy = batch.policy ?? task.policy ?? defaultPolicy;
    trouble.failures += 1;
    const { error } = failure;
    const attempt = batch.attempt[index] ?? 0;
    this.#parts.errors.keep(trouble, { attempt, worker: holder?.name ?? "", at: now, error });
    trouble.suspicion = "none";
    if (failure.final || trouble.failures >= policy.maxAttempts) {
      this.#parts.settlement.propose(batch, index, { status: "failed", error: failure.error });
      return;
    }
    if (this.#expires(batch, index)) return;
    const afterMs = failure.afterMs ?? backoffMs(policy.backoff, trouble.failures, this.#parts.random());
    batch.state[index] = taskState.scheduled;
    const dueAt = now + afterMs;
    trouble.dueAt = dueAt;
    afterSync(this.#parts.journal, batch, () => {
      if (batch.state[index] !== taskState.scheduled || trouble.dueAt !== dueAt) return;
      this.#parts.schedule.add({ at: dueAt, kind: "ready", batch, index });
    });
    this.#parts.report({
      type: "task.retrying",
      ...referenceTo(batch, index),
      failures: trouble.failures,
      afterMs: Math.round(afterMs),
      error: failure.error,
      worker: holder?.name ?? "",
    });
  }

  /** The worker died with it: it is kept apart from now on, and is dead if it was alone too often. True if it is suspect. */
  blame(now: number, { batch, index }: { batch: TaskBatch; index: number }, worker: WorkerPeer): boolean {
    const trouble = batch.troubleOf(index);
    const isQuarantined = worker.quarantine === "alone" || worker.quarantine === "screening";
    const wasKeptApart = isQuarantined && trouble.keptApart === worker.reservation;
    const wasAlone = wasKeptApart && worker.quarantine === "alone";
    this.#unlease(batch, index);
    trouble.suspicion = wasKeptApart ? "guilty-or-unlucky" : "suspect";
    if (wasAlone) {
      trouble.crashes.add(batch.attempt[index] ?? 0);
      const crashes = trouble.crashes.size;
      this.#parts.report({
        type: "task.crashed",
        ...referenceTo(batch, index),
        crashes,
        worker: worker.name,
      });
      const policy = batch.policy ?? worker.policyFor(batch.queue) ?? defaultPolicy;
      const who = crashes === 1 ? "a worker" : `${crashes} workers`;
      const message = `${who} died while running this task alone, the last one was ${worker.name}`;
      const error = { name: "TqError", code: "TQ_ERR_WORKER_LOST", message };
      const attempt = batch.attempt[index] ?? 0;
      this.#parts.errors.keep(trouble, { attempt, worker: worker.name, at: now, error });
      if (crashes >= policy.crashLimit) {
        this.#parts.settlement.propose(batch, index, { status: "dead", error });
        return false;
      }
    }
    if (this.#expires(batch, index)) return false;
    batch.state[index] = taskState.scheduled;
    const attempt = batch.attempt[index];
    afterSync(this.#parts.journal, batch, () => {
      if (batch.attempt[index] === attempt) this.makeReady(batch, { from: index, to: index + 1 }, "front");
    });
    return true;
  }

  /** Ends a task from outside. A worker that holds it is told to stop. False if it already has an outcome. */
  end(batch: TaskBatch, index: number, outcome: "cancelled" | "expired"): boolean {
    switch (batch.state[index]) {
      case taskState.ready:
        if (!batch.isSuspect(index)) batch.queue.ready -= 1;
        break;
      case taskState.leased:
        if (outcome === "expired") {
          batch.troubleOf(index).isExpired = true;
          this.#parts.journal?.changed(batch);
          return false;
        }
        this.#unlease(batch, index)?.cancel(batch.origin, batch.first + index);
        break;
      case taskState.scheduled:
        break;
      default:
        return false;
    }
    this.#parts.settlement.propose(batch, index, { status: outcome });
    // Never leased by anybody, it can have no other end: its owner need not wait until the sink has taken note of it.
    if (batch.attempt[index] === 0 && !batch.mayHaveRun && batch.reply === "sink") {
      afterSync(this.#parts.journal, batch, () => {
        batch.owner.settled(outcome, { origin: batch.origin, first: batch.first + index, count: 1 });
      });
    }
    return true;
  }

  /** Takes tasks out of whatever they are in, because their outcome is known. Another worker that runs one is told to stop. */
  detach(batch: TaskBatch, range: { from: number; to: number }, reporter: WorkerPeer | undefined): void {
    const { state, holder } = batch;
    let ownLeases = 0;
    for (let index = range.from; index < range.to; index++) {
      if (state[index] === taskState.leased) {
        if (reporter !== undefined && holder[index] === reporter.number) ownLeases += 1;
        else this.#unlease(batch, index)?.cancel(batch.origin, batch.first + index);
      } else if (state[index] === taskState.ready && !batch.isSuspect(index)) batch.queue.ready -= 1;
    }
    if (ownLeases > 0) reporter?.release(batch, ownLeases);
  }

  /** Runs everything that is due. */
  wake(now: number): void {
    const { schedule } = this.#parts;
    for (let due = schedule.takeDue(now); due !== undefined; due = schedule.takeDue(now)) {
      if (due.batch.unsettled === 0) continue;
      if (due.kind === "ready") this.makeReady(due.batch, { from: due.index, to: due.index + 1 });
      else this.end(due.batch, due.index, "expired");
    }
  }

  /** Instead of another attempt, if it must not be started any more. */
  #expires(batch: TaskBatch, index: number): boolean {
    if (batch.trouble(index)?.isExpired !== true) return false;
    this.#parts.settlement.propose(batch, index, { status: "expired" });
    return true;
  }

  #unlease(batch: TaskBatch, index: number): WorkerPeer | undefined {
    if (batch.state[index] !== taskState.leased) return undefined;
    const holder = this.#parts.workers.byNumber(batch.holder[index] ?? 0);
    holder?.release(batch, 1);
    return holder;
  }
}

function* entries(
  column: { readonly at: readonly number[]; readonly values: readonly number[] } | undefined,
): IterableIterator<readonly [value: number, index: number]> {
  if (column === undefined) return;
  for (const [position, index] of column.at.entries()) yield [column.values[position] ?? 0, index];
}

/** Cuts `[from, to)` where the priority changes. Mostly there is one run: few tasks have a priority of their own. */
function* runsByPriority(
  batch: TaskBatch,
  from: number,
  to: number,
): IterableIterator<{ from: number; to: number; priority: number }> {
  const column = batch.options.priority;
  if (column === undefined) {
    yield { from, to, priority: 0 };
    return;
  }
  const reader = new SparseReader(column);
  let start = from;
  let priority = reader.at(from) ?? 0;
  for (let index = from + 1; index < to; index++) {
    const next = reader.at(index) ?? 0;
    if (next === priority) continue;
    yield { from: start, to: index, priority };
    start = index;
    priority = next;
  }
  yield { from: start, to, priority };
}
