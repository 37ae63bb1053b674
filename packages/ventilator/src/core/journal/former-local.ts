/**
 * The submitter that was in this process when it ran before: it ended with it, so nobody hears what becomes of its tasks.
 * Its origins are closed as soon as all of them are settled.
 */
import type { Origin } from "@tq/common/wire";
import { Owner } from "../owner.ts";

const deaf = {
  accepted: () => {},
  rejected: () => {},
  settled: () => {},
  duplicate: () => {},
  answer: () => {},
};

export class FormerLocal {
  readonly owner = new Owner("local, earlier start", deaf, { bootId: undefined });
  readonly #close: (origins: readonly Origin[]) => void;

  constructor(close: (origins: readonly Origin[]) => void) {
    this.#close = close;
  }

  flush(): void {
    this.owner.flush();
    const { origins, unsettled } = this.owner;
    if (unsettled > 0 || origins.size === 0) return;
    this.#close([...origins]);
    origins.clear();
  }
}
