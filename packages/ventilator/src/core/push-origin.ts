/**
 * The pushed tasks of one origin, which are of one definition and go to one sink: what waits to be sent, how far it was sent,
 * and what the sink has said of it.
 *
 * Seqs are sent in order, so "sent through N" says it all. Tasks that were dropped before they were sent (cancelled, expired)
 * count as sent once their turn has passed: the sink hears of them in proposals.
 */
import { SeqSet } from "@tq/common/protocol";
import type { Origin } from "@tq/common/wire";
import type { DefinitionQueue } from "./definition-queue.ts";
import type { Owner } from "./owner.ts";
import { PushBatch, type PushBatchContent } from "./push-batch.ts";
import type { PushWindow } from "./push-window.ts";
import type { SinkPeer } from "./sink-peers.ts";

export interface PushOriginParts {
  readonly origin: Origin;
  readonly owner: Owner;
  /** Who may run its tasks. */
  readonly queue: DefinitionQueue;
  readonly window: PushWindow;
}

export interface PushRefusal {
  readonly code: string;
  readonly message: string;
}

/** What the sink was told in its present session. */
interface Told {
  through: number;
  isIdle: boolean;
}

export class PushOrigin {
  readonly origin: Origin;
  readonly owner: Owner;
  readonly queue: DefinitionQueue;
  readonly window: PushWindow;
  /** Where its outcomes go, once that is decided; for as long as it lives. */
  sink: SinkPeer | undefined;
  /** Boot id of the start of that sink which counts it: what a store keeps over starts are results, not that count. */
  sinkStart: string | undefined;
  /** Tasks that wait, dropped ones not counted. */
  waiting = 0;
  /** Of these, the tasks that the owner was not told of. */
  unaccepted = 0;
  sentThrough = 0;
  /** Why some of its tasks were refused. What follows them is, too: the sink would count the gap among the missing. */
  refusal: PushRefusal | undefined;
  /** Its first task here: an earlier start of this ventilator has had those before, or they were refused. */
  firstSeq: number | undefined;
  /** The sink has said of all up to here whether it came. */
  finalThrough = 0;
  /** How many never came, as the present start of the sink says. */
  missing = 0;
  /** Those that an earlier start of the sink missed. */
  missingBefore = 0;
  told: Told = { through: 0, isIdle: false };
  /** When the next of its waiting tasks expires. */
  expiresAt = Number.POSITIVE_INFINITY;
  readonly #known = new SeqSet();
  #batches: PushBatch[] = [];
  /** Those before it were sent; cut off now and then. */
  #head = 0;
  #acceptedThrough = 0;
  /** The first batch that the owner was not told of. */
  #acceptAt = 0;

  constructor({ origin, owner, queue, window }: PushOriginParts) {
    this.origin = origin;
    this.owner = owner;
    this.queue = queue;
    this.window = window;
  }

  /** How many of these were submitted before. */
  overlap(first: number, count: number): number {
    return this.#known.overlap(first, count);
  }

  /** Whether a submission may follow what was submitted: seqs ascend. */
  follows(first: number): boolean {
    const last = this.#batches[this.#batches.length - 1];
    return first >= (last?.end ?? this.sentThrough + 1);
  }

  add(content: PushBatchContent): PushBatch {
    const batch = new PushBatch(content);
    this.firstSeq ??= batch.first;
    this.#known.addRun(batch.first, batch.count);
    this.#batches.push(batch);
    this.expiresAt = Math.min(this.expiresAt, batch.expiresAt);
    this.waiting += batch.count;
    this.unaccepted += batch.count;
    return batch;
  }

  isAccepted(seq: number): boolean {
    return seq <= this.#acceptedThrough;
  }

  /**
   * The next batch that the owner is to be told of, if fewer than `tasksMax` of those that it was told of wait. So the one at
   * the head is always accepted: asked again until it gives none, before anything is sent.
   */
  accept(tasksMax: number): PushBatch | undefined {
    if (this.unaccepted === 0 || this.waiting - this.unaccepted >= tasksMax) return undefined;
    const batch = this.#batches[this.#acceptAt];
    if (batch === undefined) return undefined;
    this.#acceptAt += 1;
    this.#acceptedThrough = batch.end - 1;
    this.unaccepted -= batch.count;
    return batch;
  }

  /** The batch whose tasks are next, if there are any. */
  get head(): PushBatch | undefined {
    return this.#batches[this.#head];
  }

  /** The batch behind the next one. */
  get second(): PushBatch | undefined {
    return this.#batches[this.#head + 1];
  }

  /** The head batch's tasks before `to` were put into the pipe. */
  sent(batch: PushBatch, to: number): void {
    this.waiting -= to - batch.from;
    batch.from = to;
    this.skipDropped();
  }

  /** Passes over what was dropped, and what is through. */
  skipDropped(): void {
    for (let batch = this.head; batch !== undefined; batch = this.head) {
      while (batch.from < batch.count && batch.isDropped(batch.from)) batch.from += 1;
      if (batch.from > 0) this.sentThrough = batch.first + batch.from - 1;
      if (batch.from < batch.count) return;
      this.#dropHead();
    }
  }

  /** The waiting batch that a task is in. */
  find(seq: number): PushBatch | undefined {
    for (let at = this.#head; at < this.#batches.length; at++) {
      const batch = this.#batches[at];
      if (batch === undefined || batch.first > seq) return undefined;
      if (seq < batch.end)
        return seq - batch.first >= batch.from && !batch.isDropped(seq - batch.first) ? batch : undefined;
    }
    return undefined;
  }

  /** Takes a waiting task out. */
  drop(batch: PushBatch, index: number): void {
    if (batch.drop(index)) this.waiting -= 1;
  }

  /** Waiting tasks whose expiry has passed. To be dropped. */
  takeExpired(now: number): { batch: PushBatch; index: number }[] {
    if (now < this.expiresAt) return [];
    const expired: { batch: PushBatch; index: number }[] = [];
    this.expiresAt = Number.POSITIVE_INFINITY;
    for (let at = this.#head; at < this.#batches.length; at++) {
      const batch = this.#batches[at];
      if (batch === undefined) continue;
      for (const index of batch.takeExpired(now)) expired.push({ batch, index });
      this.expiresAt = Math.min(this.expiresAt, batch.expiresAt);
    }
    return expired;
  }

  /** Nothing waits, and nothing of its definition is under way. */
  get isIdle(): boolean {
    return this.waiting === 0 && this.window.inFlight === 0;
  }

  /** The sink has said of everything whether it came. */
  get isFinal(): boolean {
    return this.waiting === 0 && this.finalThrough >= this.sentThrough;
  }

  /** Tasks of which nobody has said whether they came. */
  get unheard(): number {
    return this.#known.overlap(this.finalThrough + 1, this.sentThrough - this.finalThrough);
  }

  /** The sink, or who gives it up, has the last word on all up to here. Returns how many tasks that concerns. */
  finish(through: number): number {
    if (through <= this.finalThrough) return 0;
    const tasks = this.#known.overlap(this.finalThrough + 1, through - this.finalThrough);
    this.finalThrough = through;
    return tasks;
  }

  #dropHead(): void {
    this.#head += 1;
    if (this.#head < 64 || this.#head * 2 < this.#batches.length) return;
    this.#batches = this.#batches.slice(this.#head);
    this.#acceptAt -= this.#head;
    this.#head = 0;
  }
}
