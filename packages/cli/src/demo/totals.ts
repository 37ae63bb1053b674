/** What the sink makes of the results: the reduction of all files' counts to one. */
import type { Result } from "@tq/common";
import type { FileCounts } from "./count-words.ts";

export interface Failure {
  readonly taskId: string;
  readonly traceId: string;
  readonly message: string;
}

/** Of the files that were counted. */
export interface Totals {
  readonly files: number;
  readonly bytes: number;
  readonly words: number;
  readonly distinct: number;
  /** The most frequent words, by count, then alphabetically. */
  readonly top: readonly (readonly [word: string, count: number])[];
  /** Files that each worker counted, by its name. */
  readonly perWorker: ReadonlyMap<string, number>;
  readonly failures: readonly Failure[];
}

const topCount = 20;

export class TotalsBuilder {
  readonly #counts = new Map<string, number>();
  readonly #perWorker = new Map<string, number>();
  readonly #failures: Failure[] = [];
  #files = 0;
  #bytes = 0;
  #words = 0;

  /** Results so far, of whatever outcome. */
  get results(): number {
    return this.#files + this.#failures.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(result: Result<FileCounts>): void {
    if (result.outcome !== "completed") {
      const { taskId, traceId, outcome } = result;
      this.#failures.push({ taskId, traceId, message: "error" in result ? result.error.message : outcome });
      return;
    }
    const { output, worker } = result;
    this.#files += 1;
    this.#bytes += output.bytes;
    this.#words += output.words;
    this.#perWorker.set(worker, (this.#perWorker.get(worker) ?? 0) + 1);
    for (const [word, count] of output.counts) this.#counts.set(word, (this.#counts.get(word) ?? 0) + count);
  }

  build(): Totals {
    return {
      files: this.#files,
      bytes: this.#bytes,
      words: this.#words,
      distinct: this.#counts.size,
      top: mostFrequent(this.#counts),
      perWorker: this.#perWorker,
      failures: this.#failures,
    };
  }
}

/** Only words that are as frequent as the last of the top are sorted: there may be millions of others. */
function mostFrequent(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  const frequencies = Float64Array.from(counts.values()).sort();
  const least = frequencies.at(-topCount) ?? 0;
  return [...counts]
    .filter(([, count]) => count >= least)
    .sort(([oneWord, one], [otherWord, other]) => other - one || (oneWord < otherWord ? -1 : 1))
    .slice(0, topCount);
}
