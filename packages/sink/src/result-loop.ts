/**
 * The iterator behind `for await (const result of sink.results(task))`.
 *
 * Written by hand and not as an async generator, because it runs once per result: while results are here, a step is some
 * field accesses and one resolved promise. To ask for the next result is to commit the ones before.
 */
import type { Result } from "@tq/common";
import { ResultRows, type ResultRowsOptions } from "./result-rows.ts";
import type { Portion, ResultSource } from "./result-source.ts";

type Step = IteratorResult<Result, undefined>;

const over: Step = { done: true, value: undefined };

export class ResultLoop<P extends Portion> implements AsyncIterator<Result, undefined> {
  readonly #claim: ResultSource<P>;
  readonly #options: ResultRowsOptions;
  #reading: P | undefined;
  #rows: ResultRows | undefined;
  /** The next row to hand over, and the end of the batch. */
  #row = 0;
  #end = 0;
  /** Steps that wait, one after the other; as long as there are some, every new one queues behind them. */
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;

  constructor(claim: ResultSource<P>, options: ResultRowsOptions) {
    this.#claim = claim;
    this.#options = options;
  }

  next(): Promise<Step> {
    if (this.#queued === 0) {
      const step = this.#step();
      if (step !== undefined) return step;
    }
    return this.#later();
  }

  /** The loop was left: what it had in hand is offered again. */
  return(): Promise<Step> {
    this.#leave();
    return Promise.resolve(over);
  }

  /** A step that needs no waiting. */
  #step(): Promise<Step> | undefined {
    const reading = this.#reading;
    if (reading !== undefined) this.#claim.commit(reading, this.#row);
    if (this.#row === this.#end && !this.#take()) return undefined;
    if (this.#claim.isOver || !this.#claim.breather.mayGoOn()) return undefined;
    const result = this.#rows?.at(this.#row++);
    if (result === undefined) return undefined;
    if (result instanceof Promise) return result.then((value) => ({ done: false, value }));
    return Promise.resolve({ done: false, value: result });
  }

  /** A step that has to wait: for the event loop, or for results. */
  #later(): Promise<Step> {
    this.#queued += 1;
    const step = this.#queue.then(() => this.#wait());
    this.#queue = step;
    return step;
  }

  async #wait(): Promise<Step> {
    try {
      while (!this.#claim.isOver) {
        if (this.#row < this.#end) await this.#claim.breathe();
        const step = this.#step();
        if (step !== undefined) return await step;
        if (this.#row === this.#end) {
          await this.#claim.wait();
          this.#claim.breather.turned();
        }
      }
      this.#leave();
      return over;
    } finally {
      this.#queued -= 1;
    }
  }

  #take(): boolean {
    const reading = this.#claim.take();
    this.#reading = reading;
    if (reading === undefined) return false;
    this.#rows = new ResultRows(reading.batch, this.#options);
    this.#row = reading.from;
    this.#end = reading.batch.count;
    return true;
  }

  #leave(): void {
    const reading = this.#reading;
    this.#reading = undefined;
    if (reading !== undefined && !reading.isDone) this.#rows?.leave(reading.committed, this.#row);
    this.#claim.end();
  }
}
