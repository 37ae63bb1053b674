/**
 * How far a `tq submit` has come: for its summary and errors, for a terminal, to say that nothing moves, and where in the
 * input to go on when it ends before that does.
 */
import type { TqLogger } from "@tq/common/node";
import type { SubmittedTask } from "@tq/common/submit";

const tickMs = 1_000;
/** After this long without an acceptance or a result, it is said what is waited for. */
const stillTicks = 10;
/** A session that is merely made anew is there again by then. */
const absentTicks = 3;

export interface SubmitProgressOptions {
  readonly awaitsResults: boolean;
  /** Inputs are lines. */
  readonly isStream: boolean;
  /** Whether a ventilator is in reach. */
  readonly isConnected: () => boolean;
}

export class SubmitProgress implements Disposable {
  read = 0;
  accepted = 0;
  settled = 0;
  unsuccessful = 0;
  /** Tasks of which nobody can say how they ended. */
  lost = 0;
  /** The last task that was accepted. */
  last: SubmittedTask | undefined;
  readonly #options: SubmitProgressOptions;
  readonly #timer: NodeJS.Timeout;
  /** Inputs that are not done, in the order of reading: their lines, by how many were read before. */
  readonly #open = new Map<number, number>();
  #lastLine = 0;
  #seen = "";
  #ticksStill = 0;
  #ticksAbsent = 0;

  constructor(log: TqLogger, options: SubmitProgressOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(log), tickMs);
  }

  /** An input was read. Gives its number, from 0. */
  begin(line = 0): number {
    this.#open.set(this.read, line);
    this.#lastLine = line;
    return this.read++;
  }

  /** It is done: accepted or refused, or its result is there. */
  end(number: number): void {
    this.#open.delete(number);
  }

  /** All lines before this one are done. What was read from here on may be, too. */
  get nextLine(): number {
    for (const line of this.#open.values()) return line;
    return this.#lastLine + 1;
  }

  /** "of 40 inputs read, 12 were accepted"; where results are waited for, how many have one. */
  describe(): string {
    const done = this.#options.awaitsResults
      ? `${this.settled} have a result`
      : `${this.accepted} were accepted`;
    return `of ${this.read} inputs read, ${done}`;
  }

  /** For whoever does the rest by another call. */
  describeRest(): string {
    if (!this.#options.isStream) return this.describe();
    const [first = this.read] = this.#open.keys();
    const later = this.read - first - this.#open.size;
    const done = later === 0 ? "" : `, and ${later} behind it`;
    return `${this.describe()}; all before line ${this.nextLine} are done${done}`;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(log: TqLogger): void {
    const now = this.describe();
    this.#ticksStill = now === this.#seen ? this.#ticksStill + 1 : 0;
    this.#seen = now;
    if (!this.#options.isConnected()) {
      this.#ticksAbsent += 1;
      const seconds = this.#ticksAbsent;
      if (seconds % stillTicks === absentTicks)
        log.warn(`no ventilator has been in reach for ${seconds} s; waiting for one: ${now}`);
      return;
    }
    if (this.#ticksAbsent >= absentTicks) log.warn("a ventilator is in reach again");
    this.#ticksAbsent = 0;
    const isStill = this.#ticksStill > 0 && this.#ticksStill % stillTicks === 0;
    if (isStill && this.#open.size > 0)
      log.warn(`nothing has moved for ${this.#ticksStill} s: ${now}; is a worker for it there?`);
  }
}
