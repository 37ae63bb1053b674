/**
 * What was submitted and has not been handed over: a queue of batches, first come first served.
 *
 * A batch goes to the owner with the most credit: the one that was used has less of it the next time, so work spreads
 * without a counter of its own, and an owner that is slow gets less. Tasks with idempotency keys go to the owner that the key
 * chooses, whatever its credit; they have a queue of their own, so that they hold up no others while they wait for it.
 */
import { isTqError, TqError } from "../contract/index.ts";
import { ArrayQueue, idRun, rendezvous, type SubmitPort } from "../protocol/index.ts";
import { wireLimits } from "../wire/index.ts";
import { Batch, type Cut } from "./batch.ts";
import type { TaskSettings } from "./call-options.ts";
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
  #keyed: Batch<Consumer>[] = [];
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
      this.#enqueue(lane.gathering);
    }
    // Only spans count from now, and few tasks have any.
    lane.gathering.add(consumer, slot, consumer.settings === undefined ? 0 : this.#now());
    this.#tasks += 1;
    this.#bytes += bytes;
  }

  /** Hands over what the credit allows. */
  handOver(): void {
    if (this.#keyed.length > 0) this.#keyed = this.#keyed.filter((batch) => !this.#handOverKeyed(batch));
    for (let batch = this.#queue.peek(); batch !== undefined; batch = this.#queue.peek()) {
      const owner = this.#ownerWithMostCredit();
      if (owner === undefined) return;
      const cut = this.#cut(batch, () => batch.cut(owner.tasks, owner.bytes));
      if (batch.tasksLeft === 0) this.#queue.shift();
      if (cut !== undefined) this.#submit(owner, batch, cut);
    }
  }

  /**
   * Whether nothing is left of it. Tasks behind one whose owner has no credit wait with it, which mostly are of the same owner:
   * they gathered by the owner that was chosen then.
   */
  #handOverKeyed(batch: Batch<Consumer>): boolean {
    for (;;) {
      const first = this.#cut(batch, () => batch.next());
      if (first === undefined) return true;
      const owner = this.ownerFor(first.settings);
      if (owner === undefined || owner.tasks <= 0 || owner.bytes <= 0) return false;
      const isSame = ({ settings }: Consumer): boolean => this.ownerFor(settings) === owner;
      const cut = this.#cut(batch, () => batch.cut(owner.tasks, owner.bytes, isSame));
      if (cut !== undefined) this.#submit(owner, batch, cut);
    }
  }

  /** Of those in reach, or else of all, the one that the key chooses. */
  ownerFor(settings: TaskSettings | undefined): Owner | undefined {
    const [only] = this.#owners;
    if (this.#owners.length === 1) return only;
    const inReach = this.#owners.filter(({ index }) => this.#port.isInReach?.(index) ?? true);
    const choice = inReach.length > 0 ? inReach : this.#owners;
    const name = rendezvous(
      settings?.idempotencyKey ?? "",
      choice.map((owner) => owner.name),
    );
    return choice.find((owner) => owner.name === name);
  }

  /** What `take` takes out of a batch does not wait any more. */
  #cut<Taken>(batch: Batch<Consumer>, take: () => Taken): Taken {
    const { tasksLeft, bytesLeft } = batch;
    const taken = take();
    this.#tasks -= tasksLeft - batch.tasksLeft;
    this.#bytes -= bytesLeft - batch.bytesLeft;
    return taken;
  }

  #enqueue(batch: Batch<Consumer>): void {
    if (batch.lane.isKeyed === true) this.#keyed.push(batch);
    else this.#queue.push(batch);
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
    return [...this.#queue.take(), ...this.#keyed.splice(0)];
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
        this.#enqueue(batch);
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
