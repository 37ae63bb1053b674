/** A journal that syncs when it is told to: what was not synced is lost with its ventilator. */
import type { VentilatorCore } from "../ventilator-core.ts";
import type { JournalChange, JournalContents, JournalPort } from "./journal-port.ts";
import { applyChange, contentsOf, emptyJournal, type JournalState } from "./journal-state.ts";

export interface JournaledCore {
  readonly now: number;
  readonly core: VentilatorCore;
  settle(): void;
}

export class FakeJournal implements JournalPort {
  readonly state: JournalState = emptyJournal();
  /** All changes that were handed out by the present start. */
  changes: JournalChange[] = [];
  #waiting: { readonly number: number; readonly change: JournalChange }[] = [];

  write(number: number, change: JournalChange): void {
    this.changes.push(change);
    this.#waiting.push({ number, change });
  }

  /** Changes that are not safe. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** What the next start finds. What waits is lost. */
  restart(): JournalContents {
    this.#waiting = [];
    this.changes = [];
    return contentsOf(this.state);
  }

  /** All that waits is safe. */
  sync(of: JournaledCore): void {
    const last = this.#waiting.at(-1);
    for (const { change } of this.#waiting.splice(0)) applyChange(this.state, change);
    if (last !== undefined) of.core.journaled(of.now, last.number);
    of.settle();
  }

  /** There is no room for anything that waits. */
  refuse(of: JournaledCore): void {
    const last = this.#waiting.splice(0).at(-1);
    if (last !== undefined) of.core.journalFull(of.now, last.number);
    of.settle();
  }
}
