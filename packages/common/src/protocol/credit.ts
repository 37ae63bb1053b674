/**
 * Credit: how many more tasks and bytes a peer may be sent.
 *
 * Grants are absolute totals since the session began, and only grow. So a repeated, delayed or lost grant does no harm:
 * the highest one heard counts, and every heartbeat repeats it. Increments would leak for ever with each lost message.
 *
 * Bytes are checked before sending, not after: while byte credit is above zero one more task may go. So a peer is
 * overrun by at most one payload, and a payload larger than the whole window still passes.
 */
import type { Grants } from "../wire/index.ts";

/** The sending side's account with one peer, for one definition. */
export class CreditAccount {
  #tasksGranted = 0;
  #bytesGranted = 0;
  #tasksSent = 0;
  #bytesSent = 0;

  get tasks(): number {
    return this.#bytesGranted > this.#bytesSent ? this.#tasksGranted - this.#tasksSent : 0;
  }

  get bytes(): number {
    return Math.max(0, this.#bytesGranted - this.#bytesSent);
  }

  /** Totals heard from the peer. True if they are news. */
  grant(tasks: number, bytes: number): boolean {
    const isNews = tasks > this.#tasksGranted || bytes > this.#bytesGranted;
    this.#tasksGranted = Math.max(this.#tasksGranted, tasks);
    this.#bytesGranted = Math.max(this.#bytesGranted, bytes);
    return isNews;
  }

  spend(tasks: number, bytes: number): void {
    this.#tasksSent += tasks;
    this.#bytesSent += bytes;
  }
}

/** The receiving side's account: what it has granted, and what it still has room for. */
export class CreditWindow {
  #tasksGranted = 0;
  #bytesGranted = 0;
  #tasksReleased = 0;
  #bytesReleased = 0;

  get tasksGranted(): number {
    return this.#tasksGranted;
  }

  get bytesGranted(): number {
    return this.#bytesGranted;
  }

  /** Room was made: so many tasks and bytes were dealt with. */
  release(tasks: number, bytes: number): void {
    this.#tasksReleased += tasks;
    this.#bytesReleased += bytes;
  }

  /** Whether `open` would grant at least a quarter of the window: less is not worth a message. */
  isWorthOpening(tasks: number, bytes: number): boolean {
    const moreTasks = this.#tasksReleased + tasks - this.#tasksGranted;
    const moreBytes = this.#bytesReleased + bytes - this.#bytesGranted;
    return moreTasks * 4 >= tasks || moreBytes * 4 >= bytes;
  }

  /**
   * Grants up to `tasks` and `bytes` beyond what has been released. True if the totals grew. A smaller window than before
   * takes nothing back: it is reached as tasks are released.
   */
  open(tasks: number, bytes: number): boolean {
    const tasksBefore = this.#tasksGranted;
    const bytesBefore = this.#bytesGranted;
    this.#tasksGranted = Math.max(tasksBefore, this.#tasksReleased + tasks);
    this.#bytesGranted = Math.max(bytesBefore, this.#bytesReleased + bytes);
    return this.#tasksGranted > tasksBefore || this.#bytesGranted > bytesBefore;
  }
}

/** Visits each triple of a grant. */
export const forEachGrant = (
  grants: Grants,
  visit: (definition: number, tasks: number, bytes: number) => void,
): void => {
  for (let index = 0; index + 2 < grants.length; index += 3) {
    visit(grants[index] ?? 0, grants[index + 1] ?? 0, grants[index + 2] ?? 0);
  }
};
