/**
 * Reads an iterable or an asynchronous one, never further than there is room. All of the caller's code that produces
 * inputs runs in here.
 */
import type { Inputs } from "./task-submitter.ts";

/** Whom the inputs are for. None of it may throw. */
export interface Reading {
  /** Asked before each input. When there is room again, call `pump`. */
  hasRoom(): boolean;
  /** With a promise, the next input waits for it. */
  take(input: unknown): void | Promise<void>;
  ended(): void;
  /** The inputs threw. */
  failed(thrown: unknown): void;
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

export class InputReader {
  readonly #reading: Reading;
  readonly #inputs: Inputs<unknown>;
  #iterator: AnyIterator | undefined;
  #isAsync = false;
  /** Under way: a loop of reading, or the promise of an input. */
  #isBusy = false;
  #isOver = false;

  constructor(inputs: Inputs<unknown>, reading: Reading) {
    this.#inputs = inputs;
    this.#reading = reading;
  }

  /** Reads on, as far as there is room. */
  pump(): void {
    if (this.#isBusy || this.#isOver) return;
    this.#isBusy = true;
    try {
      this.#iterator ??= this.#open();
    } catch (thrown) {
      return this.#fail(thrown);
    }
    if (this.#isAsync) void this.#readAsync(this.#iterator as AsyncIterator<unknown>);
    else this.#read(this.#iterator as Iterator<unknown>);
  }

  /**
   * Nothing more is wanted. Lets the inputs clean up, and waits for that, unless they are just producing one: they may
   * never come to an end with it.
   */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const closing = this.#iterator?.return?.();
    if (!(this.#isAsync && this.#isBusy)) await closing;
    else Promise.resolve(closing).catch(() => {});
  }

  #open(): AnyIterator {
    const inputs = this.#inputs;
    // A string is iterable, too, and `in` would not take it.
    if (typeof inputs === "string" || !(Symbol.asyncIterator in inputs)) return inputs[Symbol.iterator]();
    this.#isAsync = true;
    return inputs[Symbol.asyncIterator]();
  }

  #read(iterator: Iterator<unknown>): void {
    while (!this.#isOver && this.#reading.hasRoom()) {
      let next: IteratorResult<unknown>;
      try {
        next = iterator.next();
      } catch (thrown) {
        return this.#fail(thrown);
      }
      if (next.done === true) return this.#end();
      const taken = this.#reading.take(next.value);
      if (taken !== undefined) {
        void taken.then(() => this.#again());
        return;
      }
    }
    this.#isBusy = false;
  }

  async #readAsync(iterator: AsyncIterator<unknown>): Promise<void> {
    while (!this.#isOver && this.#reading.hasRoom()) {
      let next: IteratorResult<unknown>;
      try {
        next = await iterator.next();
      } catch (thrown) {
        return this.#fail(thrown);
      }
      if (this.#isOver) return;
      if (next.done === true) return this.#end();
      const taken = this.#reading.take(next.value);
      if (taken !== undefined) await taken;
    }
    this.#isBusy = false;
  }

  #again(): void {
    this.#isBusy = false;
    this.pump();
  }

  #end(): void {
    this.#isOver = true;
    this.#reading.ended();
  }

  #fail(thrown: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reading.failed(thrown);
  }
}

/** Whether the value can be read at all: arrays, sets, generators, streams, … */
export function isReadable(inputs: unknown): inputs is Inputs<unknown> {
  if (typeof inputs === "string") return true;
  if ((typeof inputs !== "object" && typeof inputs !== "function") || inputs === null) return false;
  return Symbol.asyncIterator in inputs || Symbol.iterator in inputs;
}
