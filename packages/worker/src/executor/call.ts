/**
 * One call of a handler, and the place of its slot: used again for the next attempt there, so that the functions that wait
 * for a promise are made once per slot.
 *
 * A call that is still pending when its slot is given to another attempt is left to itself: the slot gets a new one, and the
 * old one's outcome carries the number of a run that the core does not want any more.
 */
import type { RunTicket } from "../core/runs.ts";
import type { TaskContext } from "./task-context.ts";

export interface Settlement {
  returned(call: Call, output: unknown): void;
  threw(call: Call, thrown: unknown): void;
}

export class Call implements RunTicket {
  readonly slot: number;
  run = 0;
  definition = 0;
  startedAt = 0;
  context: TaskContext | undefined;
  /** It waits for a promise. */
  isPending = false;
  /** What its promise is given. */
  readonly onValue: (output: unknown) => void;
  readonly onError: (thrown: unknown) => void;

  constructor(slot: number, settlement: Settlement) {
    this.slot = slot;
    this.onValue = (output) => settlement.returned(this, output);
    this.onError = (thrown) => settlement.threw(this, thrown);
  }

  begin(context: TaskContext): void {
    this.run = context.run;
    this.definition = context.definition;
    this.context = context;
  }

  end(): void {
    this.isPending = false;
    this.context = undefined;
  }
}
