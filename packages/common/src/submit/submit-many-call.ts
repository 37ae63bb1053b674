/** One `submitMany`: reads on as tasks are accepted, and keeps of them only their ids, as ranges. */
import { isPromiseLike, TqError } from "../contract/index.ts";
import { preview } from "../contract/preview.ts";
import { forEachRun, IdRunsBuilder } from "../protocol/index.ts";
import type { Origin } from "../wire/index.ts";
import type { Lane } from "./batch.ts";
import { cancelledBySignal, closedError } from "./call-errors.ts";
import type { TaskSettings } from "./call-options.ts";
import type { Consumer, Source } from "./consumer.ts";
import type { Deadline } from "./deadlines.ts";
import type { Desk } from "./desk.ts";
import { InputReader, type Reading } from "./input-reader.ts";
import { submitLimits } from "./limits.ts";
import type { SubmitContext } from "./single-call.ts";
import type { TaskShape } from "./task-shape.ts";
import type { Inputs, SubmittedTasks, TaskIdRange } from "./task-submitter.ts";

export class SubmitManyCall implements Consumer, Source, Deadline, Reading {
  readonly lane: Lane<Consumer>;
  readonly settings: TaskSettings | undefined;
  heapIndex = -1;
  dueAt = 0;
  readonly #desk: Desk;
  readonly #shape: TaskShape;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #reader: InputReader;
  readonly #resolvers = Promise.withResolvers<SubmittedTasks>();
  /** Of all that was handed over. */
  readonly #ids = new IdRunsBuilder();
  /** Inputs read so far. */
  #read = 0;
  /** Tasks that were queued or handed over and are not yet accepted. */
  #open = 0;
  #accepted = 0;
  /** When something was last accepted, or nothing was waiting to be. */
  #movedAt = 0;
  /** The first error. What was read before it still goes its way. */
  #failure: TqError | undefined;
  #isReading = true;
  #isOver = false;

  constructor({ desk, shape, call, reply }: SubmitContext, inputs: Inputs<unknown>) {
    this.lane = shape.lanes[reply];
    this.settings = call.task;
    this.#desk = desk;
    this.#shape = shape;
    this.#timeoutMs = call.timeoutMs;
    this.#signal = call.signal;
    this.#reader = new InputReader(inputs, this);
  }

  start(): Promise<SubmittedTasks> {
    if (this.#desk.closed !== undefined) this.#stop(closedError(this.#shape.name));
    else if (this.#signal?.aborted === true) this.handleEvent();
    else {
      this.#signal?.addEventListener("abort", this);
      this.#desk.enter(this);
      this.#desk.wake(this);
    }
    return this.#resolvers.promise;
  }

  pump(): void {
    this.#reader.pump();
  }

  halt(error: TqError): void {
    this.#stop(error);
  }

  hasRoom(): boolean {
    if (!this.#isReading || this.#open >= submitLimits.unacceptedTasksMax) return false;
    if (this.#desk.outbox.hasRoom) return true;
    this.#desk.wake(this);
    return false;
  }

  take(input: unknown): undefined | Promise<void> {
    this.#read += 1;
    const checked = this.#shape.checkInput(input);
    if (isPromiseLike(checked)) return checked.then((error) => this.#queue(input, error));
    this.#queue(input, checked);
    return undefined;
  }

  ended(): void {
    this.#isReading = false;
    this.#endIfDone();
  }

  failed(thrown: unknown): void {
    const what = thrown instanceof Error ? thrown.message : preview(thrown);
    const message = `the inputs of ${this.#shape.name} threw after ${this.#read}: ${what}`;
    this.#stop(new TqError("TQ_ERR_INVALID_INPUT", message, { cause: thrown }));
  }

  wants(): boolean {
    return !this.#isOver;
  }

  handedOver(_slot: number, origin: Origin, seq: number): void {
    this.#ids.add(origin, seq);
  }

  accepted(): void {
    this.#open -= 1;
    this.#accepted += 1;
    // Only a deadline asks for it, and a look at the clock costs as much as the rest of this.
    if (this.heapIndex !== -1) this.#movedAt = this.#desk.now();
    if (this.#isReading) this.#desk.wake(this);
    else this.#endIfDone();
  }

  refused(_slot: number, error: TqError): void {
    this.#open -= 1;
    this.#stop(error);
  }

  completed(): void {}
  unsuccessful(): void {}

  handleEvent(): void {
    if (this.#signal === undefined) return;
    this.#failure ??= cancelledBySignal(`submitMany of ${this.#shape.name}`, this.#signal);
    this.#end();
  }

  expire(now: number): void {
    if (this.#open === 0) this.#movedAt = now;
    this.dueAt = this.#movedAt + this.#timeoutMs;
    if (this.dueAt > now) return this.#desk.deadlines.add(this);
    const isAllHere = this.#ids.count === this.#accepted;
    const what = isAllHere ? "they never left this process" : "those that were sent may yet run";
    this.#failure ??= new TqError(
      isAllHere ? "TQ_ERR_UNREACHABLE" : "TQ_ERR_UNKNOWN_OUTCOME",
      `no ${this.#shape.name} was accepted for ${this.#timeoutMs} ms, and ${this.#open} wait; ${what}`,
      { details: { task: this.#shape.name, timeoutMs: this.#timeoutMs, waiting: this.#open } },
    );
    this.#end();
  }

  #queue(input: unknown, refusal: TqError | undefined): void {
    if (!this.#isReading) return;
    if (refusal !== undefined) return this.#stop(refusal);
    try {
      this.#desk.outbox.add(this, 0, input);
    } catch (error) {
      // Whatever the outbox throws is a TqError.
      return this.#stop(error as TqError);
    }
    this.#desk.touch();
    this.#open += 1;
    if (this.heapIndex !== -1 || this.#timeoutMs === Number.POSITIVE_INFINITY) return;
    this.#movedAt = this.#desk.now();
    this.dueAt = this.#movedAt + this.#timeoutMs;
    this.#desk.deadlines.add(this);
  }

  /** Reads no further. What was read before still goes its way; then the call ends with this error. */
  #stop(error: TqError): void {
    this.#failure ??= error;
    this.#isReading = false;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (!this.#isReading && this.#open === 0) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isReading = false;
    this.#desk.deadlines.remove(this);
    this.#desk.leave(this);
    this.#signal?.removeEventListener("abort", this);
    const done = { accepted: this.#accepted, ids: this.#idRanges() };
    const failure = this.#failure;
    if (failure === undefined) return this.#resolvers.resolve(done);
    const message = `${failure.message} (${done.accepted} of ${this.#read} tasks read were accepted)`;
    const { code, cause } = failure;
    const details = { ...failure.details, ...done };
    const error = new TqError(code, message, { details, ...(cause !== undefined && { cause }) });
    this.#reader.close().then(
      () => this.#resolvers.reject(error),
      () => this.#resolvers.reject(error),
    );
  }

  #idRanges(): TaskIdRange[] {
    const ranges: TaskIdRange[] = [];
    forEachRun(this.#ids.take(), ({ origin, first, count }) => {
      ranges.push({ origin, first, last: first + count - 1 });
    });
    return ranges;
  }
}
