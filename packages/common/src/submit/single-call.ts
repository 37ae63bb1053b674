/** A call with one task, `submit` or `run`: its way from the check of the input to its end. */
import { isPromiseLike, TaskFailedError, TqError, type UnsuccessfulOutcome } from "../contract/index.ts";
import type { Reply } from "../protocol/index.ts";
import type { Origin } from "../wire/index.ts";
import type { Lane } from "./batch.ts";
import {
  cancelledBySignal,
  closedError,
  deadlineExceeded,
  type Handed,
  identify,
  neverLeft,
  notAccepted,
} from "./call-errors.ts";
import type { CallSettings, TaskSettings } from "./call-options.ts";
import type { Consumer } from "./consumer.ts";
import type { Deadline } from "./deadlines.ts";
import type { Desk } from "./desk.ts";
import type { Parse, TaskShape } from "./task-shape.ts";
import type { SubmittedTask } from "./task-submitter.ts";

export interface CallContext {
  readonly desk: Desk;
  readonly shape: TaskShape;
  readonly call: CallSettings;
}

/** For calls that only hand over. */
export interface SubmitContext extends CallContext {
  /** Which lane the tasks take. */
  readonly reply: "sink" | "push";
}

abstract class SingleCall<Result> implements Consumer, Deadline {
  readonly lane: Lane<Consumer>;
  readonly settings: TaskSettings | undefined;
  heapIndex = -1;
  dueAt = 0;
  protected readonly desk: Desk;
  protected readonly shape: TaskShape;
  protected readonly timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #promise: Promise<Result>;
  #resolve: (result: Result) => void = ignore;
  #reject: (error: unknown) => void = ignore;
  #origin: Origin | undefined;
  #seq = 0;
  #isOver = false;

  constructor({ desk, shape, call }: CallContext, reply: Reply) {
    const isKeyed = call.task?.idempotencyKey !== undefined;
    this.lane = isKeyed ? shape.keyedLane(desk.outbox.ownerFor(call.task)?.index ?? 0) : shape.lanes[reply];
    this.settings = call.task;
    this.desk = desk;
    this.shape = shape;
    this.timeoutMs = call.timeoutMs;
    this.#signal = call.signal;
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  start(input: unknown): Promise<Result> {
    if (this.desk.closed !== undefined) this.fail(closedError(this.shape.name));
    else if (this.#signal?.aborted === true) this.handleEvent();
    else this.#check(input);
    return this.#promise;
  }

  wants(): boolean {
    return !this.#isOver;
  }

  handedOver(_slot: number, origin: Origin, seq: number): void {
    this.#origin = origin;
    this.#seq = seq;
  }

  refused(_slot: number, error: TqError): void {
    this.fail(error);
  }

  /** The signal was aborted. */
  handleEvent(): void {
    const handed = this.handed;
    if (handed !== undefined) this.cancel(handed);
    if (this.#signal !== undefined) this.fail(cancelledBySignal(this.shape.name, this.#signal, handed));
  }

  abstract accepted(): void;
  abstract completed(slot: number, output: unknown, attempt: number): void;
  abstract unsuccessful(slot: number, outcome: UnsuccessfulOutcome, attempt: number): void;
  abstract expire(): void;

  /** The task, once it was handed over. */
  protected get handed(): Handed | undefined {
    if (this.#origin === undefined) return undefined;
    return { origin: this.#origin, seq: this.#seq, traceparent: this.settings?.traceparent };
  }

  protected cancel({ origin, seq }: Handed): void {
    this.desk.letGo(origin, seq);
    this.desk.cancel(origin, seq);
  }

  protected succeed(result: Result): void {
    if (this.#end()) this.#resolve(result);
  }

  protected fail(error: unknown): void {
    if (this.#end()) this.#reject(error);
  }

  #check(input: unknown): void {
    this.#signal?.addEventListener("abort", this);
    if (this.timeoutMs !== Number.POSITIVE_INFINITY) {
      this.dueAt = this.desk.now() + this.timeoutMs;
      this.desk.deadlines.add(this);
    }
    const checked = this.shape.checkInput(input);
    if (isPromiseLike(checked)) void checked.then((error) => this.#queue(input, error));
    else this.#queue(input, checked);
  }

  #queue(input: unknown, refusal: TqError | undefined): void {
    if (this.#isOver) return;
    if (refusal !== undefined) return this.fail(refusal);
    // Closed while an asynchronous schema was at work.
    if (this.desk.closed !== undefined) return this.fail(closedError(this.shape.name));
    try {
      this.desk.outbox.add(this, 0, input);
      this.desk.touch();
    } catch (error) {
      this.fail(error);
    }
  }

  /** False if it has ended already. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.desk.deadlines.remove(this);
    this.#signal?.removeEventListener("abort", this);
    return true;
  }
}

function ignore(): void {}

export class SubmitCall extends SingleCall<SubmittedTask> {
  constructor(context: SubmitContext) {
    super(context, context.reply);
  }

  accepted(): void {
    const handed = this.handed;
    if (handed !== undefined) this.succeed({ ...identify(handed), isDuplicate: false });
  }

  duplicate(_slot: number, first: Handed): void {
    this.succeed({ ...identify(first), isDuplicate: true });
  }

  expire(): void {
    const { handed } = this;
    if (handed === undefined) return this.fail(neverLeft(this.shape.name, this.timeoutMs));
    this.desk.letGo(handed.origin, handed.seq);
    this.fail(notAccepted(this.shape.name, this.timeoutMs, handed));
  }

  /** Outputs and outcomes of its task go to a sink. */
  completed(): void {}
  unsuccessful(): void {}
}

export class RunCall extends SingleCall<unknown> {
  constructor(context: CallContext) {
    super(context, "answer");
  }

  accepted(): void {}

  completed(_slot: number, output: unknown): void {
    if (this.shape.isOutputFree) return this.succeed(output);
    const parse = this.shape.parseOutput(output);
    if (isPromiseLike(parse)) void parse.then((late) => this.#parsed(late));
    else this.#parsed(parse);
  }

  unsuccessful(_slot: number, outcome: UnsuccessfulOutcome, attempt: number): void {
    const { handed } = this;
    if (handed === undefined) return;
    const task = this.shape.name;
    this.fail(new TaskFailedError({ ...identify(handed), task, attempt, outcome }));
  }

  expire(): void {
    const { handed } = this;
    if (handed !== undefined) this.cancel(handed);
    this.fail(deadlineExceeded(this.shape.name, this.timeoutMs, handed));
  }

  #parsed(parse: Parse): void {
    if (parse instanceof TqError) this.fail(parse);
    else this.succeed(parse.value);
  }
}
