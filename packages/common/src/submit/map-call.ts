/**
 * One `map` or `mapSettled`: reads inputs while there is room in flight, and yields what has ended.
 *
 * Written by hand and not as an async generator: a result that is there costs one promise, and a `next()` that waits is
 * served from inside the answer's arrival.
 */
import { isNonRetryable, isPromiseLike, TqError, type UnsuccessfulOutcome } from "../contract/index.ts";
import type { Origin } from "../wire/index.ts";
import type { Lane } from "./batch.ts";
import { cancelledBySignal, closedError, deadlineExceeded, type Handed } from "./call-errors.ts";
import type { TaskSettings } from "./call-options.ts";
import type { Consumer, Source } from "./consumer.ts";
import type { Deadline } from "./deadlines.ts";
import type { Desk } from "./desk.ts";
import { ExpectedBytes } from "./expected-bytes.ts";
import { InputReader, type Reading } from "./input-reader.ts";
import type { MapOrder } from "./map-order.ts";
import { type MappedTask, MapSlots, slotState } from "./map-slots.ts";
import type { CallContext } from "./single-call.ts";
import type { Parse, TaskShape } from "./task-shape.ts";
import type { Inputs, TaskResults } from "./task-submitter.ts";

/** What a `map` makes of how its tasks end. */
export interface MapStyle<Value> {
  orderOf(slots: number): MapOrder;
  /** True: after a failure nothing behind it is yielded, so it need not run. */
  readonly endsAtFailure: boolean;
  output(task: MappedTask, output: unknown): Value;
  /** Both may throw, which ends the map. */
  unsuccessful(task: MappedTask, outcome: UnsuccessfulOutcome): Value;
  broken(task: MappedTask, error: unknown): Value;
}

export interface MapContext<Value> extends CallContext {
  readonly style: MapStyle<Value>;
}

interface Waiting<Value> {
  resolve(result: IteratorResult<Value, undefined> | Promise<IteratorResult<Value, undefined>>): void;
  reject(error: unknown): void;
}

const over: IteratorReturnResult<undefined> = { done: true, value: undefined };

export class MapCall<Value> implements TaskResults<Value>, Consumer, Source, Deadline, Reading {
  readonly lane: Lane<Consumer>;
  readonly settings: TaskSettings | undefined;
  heapIndex = -1;
  dueAt = 0;
  readonly #desk: Desk;
  readonly #shape: TaskShape;
  readonly #style: MapStyle<Value>;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #reader: InputReader;
  readonly #slots: MapSlots;
  readonly #order: MapOrder;
  /** Calls of `next` that found nothing. */
  readonly #waiting: Waiting<Value>[] = [];
  /** Inputs read so far. */
  #read = 0;
  /** Tasks read and not yet yielded. */
  #inFlight = 0;
  readonly #expected = new ExpectedBytes();
  /** What ends the map, when nothing is left to yield. */
  #failure: { readonly error: unknown } | undefined;
  #state: "new" | "reading" | "read" | "over" = "new";
  #isHungry = false;

  constructor({ desk, shape, call, style }: MapContext<Value>, inputs: Inputs<unknown>) {
    this.lane = shape.lanes.answer;
    this.settings = call.task;
    this.#desk = desk;
    this.#shape = shape;
    this.#style = style;
    this.#timeoutMs = call.timeoutMs;
    this.#signal = call.signal;
    this.#reader = new InputReader(inputs, this);
    this.#slots = new MapSlots(call.inFlight);
    this.#order = style.orderOf(call.inFlight);
  }

  // ---- as an iterator ------------------------------------------------------------------------------------------

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#state === "new") this.#start();
    if (this.#state === "over") return this.#finished();
    if (this.#waiting.length === 0) {
      const slot = this.#order.next();
      if (slot !== -1) return this.#yield(slot);
      if (this.#isExhausted) return this.#finished();
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#end();
    return over;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  // ---- as a source of tasks ------------------------------------------------------------------------------------

  pump(): void {
    this.#isHungry = false;
    this.#reader.pump();
  }

  halt(error: TqError): void {
    this.#stopReading({ error });
  }

  hasRoom(): boolean {
    if (this.#state !== "reading" || this.#inFlight >= this.#slots.count) return false;
    if (!this.#expected.allows(this.#inFlight)) return false;
    if (this.#desk.outbox.hasRoom) return true;
    this.#wantMore();
    return false;
  }

  take(input: unknown): undefined {
    const index = this.#read++;
    const slot = this.#order.claim(index);
    this.#inFlight += 1;
    this.#slots.claim(slot, index);
    this.#watch(slot);
    const checked = this.#shape.checkInput(input);
    if (isPromiseLike(checked)) void checked.then((error) => this.#queue(slot, input, error));
    else this.#queue(slot, input, checked);
  }

  ended(): void {
    this.#stopReading(undefined);
  }

  failed(thrown: unknown): void {
    this.#stopReading({ error: thrown });
  }

  // ---- as a consumer -------------------------------------------------------------------------------------------

  wants(slot: number): boolean {
    return this.#slots.states[slot] === slotState.queued;
  }

  handedOver(slot: number, origin: Origin, seq: number): void {
    this.#slots.states[slot] = slotState.handed;
    this.#slots.origins[slot] = origin;
    this.#slots.seqs[slot] = seq;
  }

  accepted(): void {}

  sized(bytes: number): void {
    this.#expected.saw(bytes);
  }

  completed(slot: number, output: unknown, attempt: number): void {
    this.#slots.attempts[slot] = attempt;
    this.#ended(slot, slotState.completed, output);
  }

  unsuccessful(slot: number, outcome: UnsuccessfulOutcome, attempt: number): void {
    this.#slots.attempts[slot] = attempt;
    this.#ended(slot, slotState.unsuccessful, outcome);
  }

  refused(slot: number, error: TqError): void {
    this.#ended(slot, slotState.broken, error);
  }

  // ---- what cuts it short --------------------------------------------------------------------------------------

  /** The signal was aborted. */
  handleEvent(): void {
    if (this.#signal === undefined || this.#state === "over") return;
    const error = cancelledBySignal(`map of ${this.#shape.name}`, this.#signal);
    const [first] = this.#waiting.splice(0, 1);
    if (first === undefined) this.#failure = { error };
    else first.reject(error);
    void this.#end().catch(() => {});
  }

  expire(now: number): void {
    const slots = this.#slots;
    let nextAt = Number.POSITIVE_INFINITY;
    for (let slot = 0; slot < slots.count; slot++) {
      if (!slots.isPending(slot)) continue;
      const dueAt = slots.dueAts[slot] ?? nextAt;
      if (dueAt > now) nextAt = Math.min(nextAt, dueAt);
      else this.#expireSlot(slot);
    }
    if (nextAt === Number.POSITIVE_INFINITY || this.#state === "over") return;
    this.dueAt = nextAt;
    this.#desk.deadlines.add(this);
  }

  #expireSlot(slot: number): void {
    const handed = this.#handed(slot);
    this.#withdraw(slot);
    this.#ended(slot, slotState.broken, deadlineExceeded(this.#shape.name, this.#timeoutMs, handed));
  }

  // ---- its inside ----------------------------------------------------------------------------------------------

  get #isExhausted(): boolean {
    return this.#state === "over" || (this.#state === "read" && this.#inFlight === 0);
  }

  #start(): void {
    this.#state = "reading";
    if (this.#desk.closed !== undefined) return this.#stopReading({ error: closedError(this.#shape.name) });
    if (this.#signal?.aborted === true) return this.handleEvent();
    this.#signal?.addEventListener("abort", this);
    this.#desk.enter(this);
    this.#wantMore();
  }

  #wantMore(): void {
    if (this.#isHungry || this.#state !== "reading") return;
    this.#isHungry = true;
    this.#desk.wake(this);
  }

  #watch(slot: number): void {
    if (this.#timeoutMs === Number.POSITIVE_INFINITY) return;
    const dueAt = this.#desk.now() + this.#timeoutMs;
    this.#slots.dueAts[slot] = dueAt;
    if (this.heapIndex !== -1) return;
    this.dueAt = dueAt;
    this.#desk.deadlines.add(this);
  }

  #queue(slot: number, input: unknown, refusal: TqError | undefined): void {
    if (this.#slots.states[slot] !== slotState.read) return;
    if (refusal !== undefined) return this.#ended(slot, slotState.broken, refusal);
    try {
      this.#desk.outbox.add(this, slot, input);
    } catch (error) {
      return this.#ended(slot, isNonRetryable(error) ? slotState.broken : slotState.fatal, error);
    }
    this.#slots.states[slot] = slotState.queued;
    this.#desk.touch();
  }

  #ended(slot: number, state: number, value: unknown): void {
    if (this.#state === "over") return;
    this.#slots.end(slot, state, value);
    this.#order.ended(slot);
    if (state !== slotState.completed && this.#style.endsAtFailure) this.#cutAfter(slot);
    this.#serve();
  }

  /** Nothing behind this failure will be yielded. */
  #cutAfter(failed: number): void {
    const slots = this.#slots;
    this.#stopReading(undefined);
    for (let slot = 0; slot < slots.count; slot++) {
      const isBehind = (slots.indexes[slot] ?? 0) > (slots.indexes[failed] ?? 0);
      if (isBehind && slots.isPending(slot)) this.#withdraw(slot);
    }
  }

  /** Gives what there is to those who wait. */
  #serve(): void {
    while (this.#waiting.length > 0) {
      const slot = this.#order.next();
      if (slot === -1 && !this.#isExhausted) return;
      const [first] = this.#waiting.splice(0, 1);
      first?.resolve(slot === -1 ? this.#finished() : this.#yield(slot));
    }
  }

  #yield(slot: number): Promise<IteratorResult<Value, undefined>> {
    const slots = this.#slots;
    const task: MappedTask = {
      name: this.#shape.name,
      index: slots.indexes[slot] ?? 0,
      handed: this.#handed(slot),
      attempt: slots.attempts[slot] ?? 0,
    };
    const state = slots.states[slot];
    const value = slots.values[slot];
    slots.release(slot);
    this.#inFlight -= 1;
    this.#wantMore();
    if (state === slotState.unsuccessful) {
      return this.#give(() => this.#style.unsuccessful(task, value as UnsuccessfulOutcome));
    }
    if (state === slotState.fatal) return this.#throw(value);
    if (state !== slotState.completed) return this.#give(() => this.#style.broken(task, value));
    if (this.#shape.isOutputFree) return resolved(this.#style.output(task, value));
    const parse = this.#shape.parseOutput(value);
    return isPromiseLike(parse) ? parse.then((late) => this.#parsed(task, late)) : this.#parsed(task, parse);
  }

  #parsed(task: MappedTask, parse: Parse): Promise<IteratorResult<Value, undefined>> {
    if (parse instanceof TqError) return this.#give(() => this.#style.broken(task, parse));
    return resolved(this.#style.output(task, parse.value));
  }

  #give(make: () => Value): Promise<IteratorResult<Value, undefined>> {
    try {
      return resolved(make());
    } catch (error) {
      return this.#throw(error);
    }
  }

  #finished(): Promise<IteratorResult<Value, undefined>> {
    const failure = this.#failure;
    if (failure === undefined) return this.#end().then(() => over);
    this.#failure = undefined;
    return this.#throw(failure.error);
  }

  /** The error counts, not what goes wrong while cleaning up after it. */
  #throw(error: unknown): Promise<never> {
    const rethrow = () => {
      throw error;
    };
    return this.#end().then(rethrow, rethrow);
  }

  /** Reads no further. What is under way goes on; then the map ends, with the failure if there is one. */
  #stopReading(failure: { readonly error: unknown } | undefined): void {
    if (this.#state !== "reading") return;
    this.#state = "read";
    this.#failure = failure;
    this.#serve();
  }

  /** Cancels what is under way and lets go of everything. Harmless twice. */
  async #end(): Promise<void> {
    if (this.#state === "over") return;
    this.#state = "over";
    for (let slot = 0; slot < this.#slots.count && this.#inFlight > 0; slot++) this.#withdraw(slot);
    this.#slots.letGo();
    this.#desk.deadlines.remove(this);
    this.#desk.leave(this);
    this.#signal?.removeEventListener("abort", this);
    for (const { resolve } of this.#waiting.splice(0)) resolve(over);
    await this.#reader.close();
  }

  /** Nobody wants the task of this slot any more. */
  #withdraw(slot: number): void {
    const handed = this.#handed(slot);
    const isPending = this.#slots.isPending(slot);
    if (isPending) this.#slots.end(slot, slotState.dropped, undefined);
    if (!isPending || handed === undefined) return;
    this.#desk.letGo(handed.origin, handed.seq);
    this.#desk.cancel(handed.origin, handed.seq);
  }

  #handed(slot: number): Handed | undefined {
    const origin = this.#slots.origins[slot];
    if (origin === undefined) return undefined;
    return { origin, seq: this.#slots.seqs[slot] ?? 0, traceparent: this.settings?.traceparent };
  }
}

function resolved<Value>(value: Value): Promise<IteratorYieldResult<Value>> {
  return Promise.resolve({ done: false, value });
}
