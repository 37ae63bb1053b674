/** What is to be submitted again in a session, before anything new: whatever its ventilator may not have. */
import { type CreditAccount, countIds, type IdRunsBuilder, type Session } from "@tq/common/protocol";
import { bytesOfValues, type Origin } from "@tq/common/wire";
import { isIn, type KeptBatch } from "./slice-batch.ts";
import type { TaskBook } from "./task-book.ts";

export class Backlog {
  readonly #book: TaskBook;
  #batches: KeptBatch[] = [];

  constructor(book: TaskBook) {
    this.#book = book;
  }

  get tasks(): number {
    return this.#batches.reduce((tasks, { ids }) => tasks + countIds(ids), 0);
  }

  /** A fresh session, or none. */
  begin(batches: readonly KeptBatch[]): void {
    this.#batches = [...batches];
  }

  add(...batches: readonly KeptBatch[]): void {
    this.#batches.push(...batches);
  }

  has(origin: Origin, seq: number): boolean {
    return this.#batches.some((batch) => isIn(batch, origin, seq));
  }

  /** Only pushed tasks stay with their ventilator. */
  dropMovable(): void {
    this.#batches = this.#batches.filter(({ reply }) => reply === "push");
  }

  /**
   * Within the credit, like all else: whoever grants it may have less room than before. Cancellations are gathered in
   * `cancels`, so that they leave behind their tasks.
   */
  say(now: number, session: Session, to: { account: CreditAccount; cancels: IdRunsBuilder }): void {
    const { account, cancels } = to;
    while (session.hasRoom && account.tasks > 0) {
      const next = this.#batches.shift();
      if (next === undefined) return;
      if (!this.#book.keepsAny(next)) {
        // Over by now, by what was told of it since, or cancelled: then that is said in any case.
        cancels.addAll(this.#book.cancelled(next));
        continue;
      }
      const [batch, rest] =
        countIds(next.ids) <= account.tasks ? [next, undefined] : this.#book.split(next, account.tasks);
      if (rest !== undefined) this.#batches.unshift(rest);
      account.spend(countIds(batch.ids), bytesOfValues(batch.values));
      session.send(now, {
        verb: "SUBMIT",
        ...batch,
        ...(this.#book.isPromised(batch) && { promised: true }),
      });
      cancels.addAll(this.#book.cancelled(batch));
    }
  }
}
