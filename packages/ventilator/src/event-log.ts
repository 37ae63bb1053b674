/**
 * Writes the ventilator's events into its log. Those of single tasks are limited per second, because a deploy that breaks
 * a handler fails all tasks at once; what was left out is counted in the next line.
 */
import { type TqLogger, writeEvent } from "@tq/common/node";
import type { VentilatorEvent } from "./core/events.ts";
import { describeEvent, levelOf } from "./describe-event.ts";

/** Lines about single tasks, all types together. */
const taskLinesPerSecond = 20;

export class EventLog {
  readonly #log: TqLogger;
  readonly #now: () => number;
  #secondEndsAt = Number.NEGATIVE_INFINITY;
  #linesLeft = 0;
  #leftOut = 0;

  constructor(log: TqLogger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  write(event: VentilatorEvent): void {
    const words = { level: levelOf(event), message: describeEvent(event) };
    if (!("taskId" in event)) return writeEvent(this.#log, event, words);
    if (!this.#mayTellOfTask()) {
      this.#leftOut += 1;
      return;
    }
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    writeEvent(this.#log, { ...withoutStack(event), ...(leftOut === 0 ? {} : { leftOut }) }, words);
  }

  #mayTellOfTask(): boolean {
    const now = this.#now();
    if (now >= this.#secondEndsAt) {
      this.#secondEndsAt = now + 1_000;
      this.#linesLeft = taskLinesPerSecond;
    }
    if (this.#linesLeft === 0) return false;
    this.#linesLeft -= 1;
    return true;
  }
}

/** The worker that failed has logged the stack, where its sources are. */
function withoutStack<E extends VentilatorEvent>(event: E): E {
  if (!("error" in event) || event.error === undefined) return event;
  const { stack: _stack, cause: _cause, ...error } = event.error;
  return { ...event, error };
}
