/** A consumer that moves its cursor itself, with a note of its own. */
import type { Result } from "@tq/common";
import { resultsOf } from "./batch-loop.ts";
import type { ResultRowsOptions } from "./result-rows.ts";
import type { ResultCursor } from "./sink-interface.ts";
import type { StoreClaim } from "./store-claim.ts";

export class StoreCursorReader implements ResultCursor {
  readonly #claim: StoreClaim;
  readonly #options: ResultRowsOptions;
  /** Up to where it was given results. */
  #given: number;

  constructor(claim: StoreClaim, options: ResultRowsOptions) {
    this.#claim = claim;
    this.#options = options;
    this.#given = claim.cursor.n;
  }

  get note(): number | undefined {
    return this.#claim.cursor.note;
  }

  async next(): Promise<readonly Result[] | undefined> {
    const claim = this.#claim;
    while (!claim.isOver) {
      const page = claim.takePage();
      const last = page.at(-1);
      if (last === undefined) {
        await claim.wait();
        continue;
      }
      const results: Result[] = [];
      for (const portion of page) results.push(...(await resultsOf(portion, this.#options)));
      this.#given = last.end;
      return results;
    }
    return undefined;
  }

  move(note?: number): void {
    this.#claim.cursor.move(this.#given, note);
  }

  save(note: number): void {
    const { cursor } = this.#claim;
    cursor.move(cursor.n, note);
  }

  saved(): Promise<void> {
    return this.#claim.cursor.saved();
  }

  close(): void {
    this.#claim.end();
  }
}
