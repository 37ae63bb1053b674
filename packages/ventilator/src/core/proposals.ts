/**
 * Outcomes that one sink is to confirm: those that wait to be sent, and those that were sent and may have to be sent anew.
 *
 * Cancelling a hundred thousand tasks makes as many proposals in one turn. So nothing here is searched, moved or looked at
 * again per turn: what waits stands in one line per kind of message, and what was confirmed is cleared out when it is half of
 * what was sent.
 */
import type { OutcomeStatus, UnsuccessfulOutcome } from "@tq/common";
import { type TaskBatch, type TaskQueue, taskState } from "./task-batch.ts";

/** An outcome that waits for the sink's word. */
export interface Proposal {
  readonly batch: TaskBatch;
  readonly index: number;
  readonly outcome: UnsuccessfulOutcome;
}

/** False once its task has an outcome that stands. */
export const isOpen = ({ batch, index }: Proposal): boolean => batch.state[index] === taskState.settling;

/** Proposals that may share a message, in the order they came. */
interface Line {
  readonly queue: TaskQueue;
  readonly outcome: OutcomeStatus;
  waiting: Proposal[];
  /** How many of them were taken out. */
  taken: number;
}

/** Fewer than this are not worth clearing out. */
const clearFromCount = 256;

export class Proposals {
  /** Those with something to send; few, so they are searched. */
  #lines: Line[] = [];
  #sent: Proposal[] = [];
  #clearAt = clearFromCount;

  add(proposal: Proposal): void {
    const { batch, outcome } = proposal;
    const fits = (line: Line): boolean => line.queue === batch.queue && line.outcome === outcome.status;
    let line = this.#lines.find(fits);
    if (line === undefined) {
      line = { queue: batch.queue, outcome: outcome.status, waiting: [], taken: 0 };
      this.#lines.push(line);
    }
    line.waiting.push(proposal);
  }

  /** What the next message is to hold, at most `max`: from now on it counts as sent. Nothing if nothing waits. */
  take(max: number): readonly Proposal[] {
    for (let line = this.#lines[0]; line !== undefined; line = this.#lines[0]) {
      const next: Proposal[] = [];
      while (next.length < max && line.taken < line.waiting.length) {
        const proposal = line.waiting[line.taken];
        line.taken += 1;
        if (proposal !== undefined && isOpen(proposal)) next.push(proposal);
      }
      if (line.taken === line.waiting.length) this.#lines.shift();
      if (next.length === 0) continue;
      for (const proposal of next) this.#sent.push(proposal);
      return next;
    }
    return [];
  }

  /** Some of what was sent is confirmed. */
  confirmed(): void {
    if (this.#sent.length < this.#clearAt) return;
    this.#sent = this.#sent.filter(isOpen);
    this.#clearAt = Math.max(clearFromCount, this.#sent.length * 2);
  }

  /** The sink is lost: everything that it has not confirmed. */
  takeAll(): readonly Proposal[] {
    const waiting = this.#lines.flatMap(({ waiting, taken }) => waiting.slice(taken));
    const all = [...this.#sent, ...waiting].filter(isOpen);
    this.#lines = [];
    this.#sent = [];
    return all;
  }
}
