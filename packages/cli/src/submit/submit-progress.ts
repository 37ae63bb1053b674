/** How far a `tq submit` has come: for its summary and errors, for a terminal, and to say that nothing moves. */
import type { TqLogger } from "@tq/common/node";
import type { SubmittedTask } from "@tq/common/submit";

/** After this long without an acceptance or a result, it is said what is waited for. */
const stillMs = 10_000;

export class SubmitProgress implements Disposable {
  read = 0;
  accepted = 0;
  settled = 0;
  unsuccessful = 0;
  /** Tasks of which nobody can say how they ended. */
  lost = 0;
  /** The last task that was accepted. */
  last: SubmittedTask | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #awaitsResults: boolean;
  #seen = "";

  constructor(log: TqLogger, options: { readonly awaitsResults: boolean }) {
    this.#awaitsResults = options.awaitsResults;
    this.#timer = setInterval(() => this.#sayStill(log), stillMs);
  }

  /** "of 40 inputs read, 12 were accepted"; where results are waited for, how many have one. */
  describe(): string {
    const done = this.#awaitsResults ? `${this.settled} have a result` : `${this.accepted} were accepted`;
    return `of ${this.read} inputs read, ${done}`;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sayStill(log: TqLogger): void {
    const now = this.describe();
    if (now === this.#seen)
      log.warn(`nothing has moved for ${stillMs / 1000} s: ${now}; is a worker for it there?`);
    this.#seen = now;
  }
}
