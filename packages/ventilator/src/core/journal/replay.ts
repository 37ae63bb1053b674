/**
 * Takes over what an earlier start of this ventilator has left in the journal.
 *
 * Whatever was not settled may still be at a worker, done even: so tasks wait for a while, in which workers can come back
 * with what they hold, and only then are handed out again. None of their attempts is known, so they count as begun once, which keeps
 * the numbers of attempts growing.
 */
import type { UnsuccessfulOutcome } from "@tq/common";
import { SparseReader } from "@tq/common/protocol";
import type { Origin } from "@tq/common/wire";
import type { AttemptErrors } from "../attempt-errors.ts";
import type { DefinitionQueues } from "../definition-queues.ts";
import type { Owner } from "../owner.ts";
import type { Schedule } from "../schedule.ts";
import type { Settlement } from "../settlement.ts";
import { TaskBatch, taskState } from "../task-batch.ts";
import type { TaskLifecycle } from "../task-lifecycle.ts";
import type { TaskTable } from "../task-table.ts";
import type { BatchProgress, JournalContents, JournaledBatch, JournaledOwner } from "./journal-port.ts";
import { journalTimes } from "./journal-times.ts";

export interface ReplayParts {
  readonly table: TaskTable;
  readonly queues: DefinitionQueues;
  readonly schedule: Schedule;
  readonly lifecycle: TaskLifecycle;
  readonly settlement: Settlement;
  readonly errors: AttemptErrors;
  readonly ownerOf: (owner: JournaledOwner, isLeft: boolean) => Owner;
}

export class Replay {
  readonly #parts: ReplayParts;
  #readyAt: number;
  #batches: TaskBatch[] = [];

  constructor(now: number, contents: JournalContents, parts: ReplayParts) {
    this.#parts = parts;
    this.#readyAt = now + journalTimes.readoptMs;
    const owners = new Map<Origin, Owner>();
    for (const origin of contents.origins) {
      const owner = parts.ownerOf(origin.owner, origin.isLeft);
      owner.origins.add(origin.origin);
      owners.set(origin.origin, owner);
      parts.table.restore(origin);
    }
    for (const { batch, progress } of contents.batches) {
      const [origin = ""] = batch.submission.ids.origins;
      const owner = owners.get(origin) ?? this.#ownerOfStray(origin);
      owner.origins.add(origin);
      this.#restore(batch, progress, owner);
    }
  }

  /** Tasks that no worker has come back with can be handed out, when they are due. To be called after expiries. */
  wake(now: number): void {
    if (now < this.#readyAt) return;
    this.#readyAt = Number.POSITIVE_INFINITY;
    for (const batch of this.#batches) this.#release(now, batch);
    this.#batches = [];
  }

  wakeAt(): number {
    return this.#readyAt;
  }

  /**
   * What is known of an origin was lost, with a damaged journal at worst: somebody may still submit under it. So sinks are told
   * nothing about it: what they took for closed they would drop.
   */
  #ownerOfStray(origin: Origin): Owner {
    const owner = { bootId: undefined, name: "" };
    this.#parts.table.restore({ origin, owner, isHandedOn: true, isLeft: false, settled: [] });
    return this.#parts.ownerOf(owner, false);
  }

  #restore(journaled: JournaledBatch, progress: BatchProgress | undefined, owner: Owner): void {
    const { table, queues } = this.#parts;
    const {
      definition,
      reply,
      handedOn: isHandedOn,
      ids,
      options,
      values,
      ...submission
    } = journaled.submission;
    const [origin = ""] = ids.origins;
    const [, first = 0, count = 0] = ids.runs;
    const sink = progress?.sink ?? submission.sink;
    const { policy } = definition;
    const what = { origin, first, count, owner, queue: queues.of(definition), policy, reply };
    const batch = new TaskBatch({
      ...what,
      sink,
      isHandedOn,
      options,
      values,
      acceptedAt: journaled.acceptedAt,
    });
    batch.journalNumber = journaled.number;
    batch.isReplayed = true;
    batch.mayHaveRun = true;
    batch.attempt.fill(1);
    table.add(batch);
    if (progress !== undefined) this.#restoreProgress(batch, progress);
    owner.unsettled += batch.unsettled;
    this.#batches.push(batch);
    this.#scheduleExpiries(batch);
  }

  #restoreProgress(batch: TaskBatch, { settled, troubles }: BatchProgress): void {
    const { table, settlement, errors } = this.#parts;
    let count = 0;
    let bytes = 0;
    for (let at = 0; at + 1 < settled.length; at += 2) {
      const from = settled[at] ?? 0;
      const to = settled[at + 1] ?? from;
      batch.state.fill(taskState.settled, from, to);
      count += to - from;
      bytes += batch.bytesOf(from, to);
    }
    if (count > 0) table.settled(batch, count, bytes);
    for (const journaled of troubles) {
      const { index, attempt, failures, crashes, suspicion, dueAt, isExpired, proposed } = journaled;
      const trouble = batch.troubleOf(index);
      Object.assign(trouble, { failures, suspicion, dueAt, isExpired });
      for (const crashed of crashes) trouble.crashes.add(crashed);
      errors.restore(trouble, journaled.errors);
      batch.attempt[index] = Math.max(1, attempt);
      if (proposed === undefined) continue;
      const error = journaled.errors.at(-1)?.error ?? { name: "Error", message: "the error was not kept" };
      settlement.proposeAgain(batch, index, outcomeOf(proposed, error));
    }
    // All of that is in the journal.
    batch.changedParts.clear();
  }

  /** Not before workers had time to come back: what runs may still complete. */
  #scheduleExpiries(batch: TaskBatch): void {
    const { expiresMs } = batch.options;
    for (const [position, index] of expiresMs?.at.entries() ?? []) {
      if (batch.state[index] === taskState.settled) continue;
      const at = Math.max(this.#readyAt, batch.acceptedAt + (expiresMs?.values[position] ?? 0));
      this.#parts.schedule.add({ at, kind: "expire", batch, index });
    }
  }

  #release(now: number, batch: TaskBatch): void {
    const { lifecycle, schedule } = this.#parts;
    if (batch.unsettled === 0) return;
    const delays = new SparseReader(batch.options.notBeforeMs);
    let from = 0;
    for (let index = 0; index < batch.count; index++) {
      const delayMs = delays.at(index);
      const notBefore = delayMs === undefined ? Number.NEGATIVE_INFINITY : batch.acceptedAt + delayMs;
      const at = Math.max(notBefore, batch.trouble(index)?.dueAt ?? Number.NEGATIVE_INFINITY);
      if (at <= now) continue;
      lifecycle.makeReady(batch, { from, to: index });
      if (batch.state[index] === taskState.scheduled) schedule.add({ at, kind: "ready", batch, index });
      from = index + 1;
    }
    lifecycle.makeReady(batch, { from, to: batch.count });
  }
}

const outcomeOf = (
  status: UnsuccessfulOutcome["status"],
  error: Extract<UnsuccessfulOutcome, { status: "failed" }>["error"],
): UnsuccessfulOutcome =>
  status === "failed" || status === "dead" ? { status, error } : ({ status } as UnsuccessfulOutcome);
