/**
 * The iterator behind `sink.results(task).batches()`: the same results, as many at a time as came together. To ask for
 * the next batch is to commit the one before, whole.
 */
import type { Result } from "@tq/common";
import { ResultRows, type ResultRowsOptions } from "./result-rows.ts";
import type { Portion, ResultSource } from "./result-source.ts";

type Step = IteratorResult<readonly Result[], undefined>;

const over: Step = { done: true, value: undefined };

export class BatchLoop<P extends Portion> implements AsyncIterator<readonly Result[], undefined> {
  readonly #claim: ResultSource<P>;
  readonly #options: ResultRowsOptions;
  #reading: P | undefined;
  /** Steps run one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(claim: ResultSource<P>, options: ResultRowsOptions) {
    this.#claim = claim;
    this.#options = options;
  }

  next(): Promise<Step> {
    const step = this.#queue.then(() => this.#next());
    this.#queue = step;
    return step;
  }

  /** The loop was left: what it had in hand is offered again. */
  return(): Promise<Step> {
    this.#claim.end();
    return Promise.resolve(over);
  }

  async #next(): Promise<Step> {
    const claim = this.#claim;
    const before = this.#reading;
    if (before !== undefined) claim.commit(before, before.batch.count);
    while (!claim.isOver) {
      if (!claim.breather.mayGoOn()) await claim.breathe();
      this.#reading = claim.take();
      if (this.#reading !== undefined) {
        const value = await resultsOf(this.#reading, this.#options);
        if (!claim.isOver) return { done: false, value };
      } else {
        await claim.wait();
        claim.breather.turned();
      }
    }
    return over;
  }
}

export async function resultsOf(reading: Portion, options: ResultRowsOptions): Promise<readonly Result[]> {
  const { batch, from } = reading;
  const rows = new ResultRows(batch, options);
  const results: Result[] = new Array(batch.count - from);
  for (let row = from; row < batch.count; row++) {
    const result = rows.at(row);
    results[row - from] = result instanceof Promise ? await result : result;
  }
  return results;
}
