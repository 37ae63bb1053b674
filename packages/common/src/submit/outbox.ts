/**
 * What was submitted and has not been handed over: a queue of batches, first come first served.
 *
 * A batch goes to the owner with the most credit: the one that was used has less of it the next time, so work spreads
 * without a counter of its own, and an owner that is slow gets less.
 */
import { isTqError, TqError } from "../contract/index.ts";
import { ArrayQueue, idRun, type SubmitPort } from "../protocol/index.ts";
import { wireLimits } from "../wire/index.ts";
import { Batch, type Cut } from "./batch.ts";
import type { Consumer } from "./consumer.ts";
import { submitLimits } from "./limits.ts";
import { commonReason, type Owner } from "./owner.ts";

export interface OutboxOptions {
  readonly owners: readonly Owner[];
  readonly port: SubmitPort;
  readonly now: () => number;
}

export class Outbox {
  readonly #owners: readonly Owner[];
  readonly #port: SubmitPort;
  readonly #now: () => number;
  readonly #queue = new ArrayQueue<Batch<Consumer>>();
  #tasks = 0;
  #bytes = 0;

  constructor({ owners, port, now }: OutboxOptions) {
    this.#owners = owners;
    this.#port = port;
    this.#now = now;
  }

  /** Tasks that wait, those included that nobody wants any more. */
  get tasks(): number {
    return this.#tasks;
  }

  /** Whether those who can wait should read on. */
  get hasRoom(): boolean {
    return this.#bytes < submitLimits.readAheadBytesMax && this.#tasks < submitLimits.queuedTasksMax / 2;
  }

  /**
   * Queues a task. Where it throws, it has done nothing.
   *
   * Errors: `TQ_ERR_UNENCODABLE`, `TQ_ERR_PAYLOAD_TOO_LARGE`, `TQ_ERR_LIMIT`; `TQ_ERR_UNREACHABLE` and other reasons why
   * no owner can be reached.
   */
  add(consumer: Consumer, slot: number, value: unknown): void {
    const unreachable = commonReason(this.#owners);
    if (unreachable !== undefined) throw unreachable;
    this.#refuseBeyondLimit();
    const { lane } = consumer;
    const bytes = encode(consumer, value);
    if (bytes >= wireLimits.attachmentBytesMin) consumer.sized?.(bytes);
    if (lane.gathering === undefined) {
      lane.gathering = new Batch(lane);
      this.#queue.push(lane.gathering);
    }
    // Only spans count from now, and few tasks have any.
    lane.gathering.add(consumer, slot, consumer.settings === undefined ? 0 : this.#now());
    this.#tasks += 1;
    this.#bytes += bytes;
  }

  /** Hands over what the credit allows. */
  handOver(): void {
    for (let batch = this.#queue.peek(); batch !== undefined; batch = this.#queue.peek()) {
      const owner = this.#ownerWithMostCredit();
      if (owner === undefined) return;
      const { tasksLeft, bytesLeft } = batch;
      const cut = batch.cut(owner.tasks, owner.bytes);
      this.#tasks -= tasksLeft - batch.tasksLeft;
      this.#bytes -= bytesLeft - batch.bytesLeft;
      if (batch.tasksLeft === 0) this.#queue.shift();
      if (cut !== undefined) this.#submit(owner, batch, cut);
    }
  }

  /** Nobody will take what is queued. */
  refuseAll(error: TqError): void {
    for (const batch of this.#takeQueue()) {
      batch.seal();
      for (let at = batch.firstLeft; at < batch.consumers.length; at++) {
        const slot = batch.slots[at] ?? 0;
        const consumer = batch.consumers[at];
        if (consumer?.wants(slot) === true) consumer.refused(slot, error);
      }
    }
  }

  #submit(owner: Owner, batch: Batch<Consumer>, cut: Cut): void {
    const { definition, reply } = batch.lane;
    const { records } = owner.ledger(batch.lane);
    const first = records.nextSeq;
    for (let at = cut.from; at < cut.to; at++) {
      const consumer = batch.consumers[at];
      const slot = batch.slots[at];
      if (consumer === undefined || slot === undefined) break;
      consumer.handedOver(slot, records.origin, records.add(consumer, slot));
    }
    owner.tasks -= cut.to - cut.from;
    owner.bytes -= cut.bytes;
    const submission = {
      definition,
      reply,
      ids: idRun(records.origin, first, cut.to - cut.from),
      options: batch.options(cut, this.#now()),
      values: batch.values(cut),
    };
    this.#port.submit(submission, owner.index);
  }

  #ownerWithMostCredit(): Owner | undefined {
    let best: Owner | undefined;
    for (const owner of this.#owners) {
      if (owner.tasks > (best?.tasks ?? 0) && owner.bytes > 0) best = owner;
    }
    return best;
  }

  #takeQueue(): readonly Batch<Consumer>[] {
    this.#tasks = 0;
    this.#bytes = 0;
    return this.#queue.take();
  }

  #refuseBeyondLimit(): void {
    const { queuedTasksMax, queuedBytesMax } = submitLimits;
    const isBeyond = () => this.#tasks >= queuedTasksMax || this.#bytes >= queuedBytesMax;
    if (!isBeyond()) return;
    this.#dropUnwanted();
    if (!isBeyond()) return;
    const message = `${this.#tasks} tasks (${this.#bytes} bytes) already wait to be handed over; await the calls, or use submitMany or map, which read no faster than tasks are taken`;
    throw new TqError("TQ_ERR_LIMIT", message, { details: { tasks: this.#tasks, bytes: this.#bytes } });
  }

  /** Calls that timed out in the queue leave batches behind that nobody wants. */
  #dropUnwanted(): void {
    for (const batch of this.#takeQueue()) {
      if (batch.isWanted()) {
        this.#queue.push(batch);
        this.#tasks += batch.tasksLeft;
        this.#bytes += batch.bytesLeft;
      } else batch.seal();
    }
  }
}

/** An encoder knows neither the task nor that this is an input. */
function encode({ lane }: Consumer, value: unknown): number {
  try {
    return lane.encoder.add(value);
  } catch (error) {
    if (!isTqError(error)) throw error;
    const { index: _, ...details } = error.details;
    const task = lane.definition.name;
    throw new TqError(error.code, `the input of ${task}: ${error.message}`, {
      details: { task, ...details },
    });
  }
}
